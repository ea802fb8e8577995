import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses, so that the built page can live in any folder of any web server.
  base: './',
  plugins: [react()],
  // One file: the app, React, supabase-js, and workflow-db with its WebAssembly.
  build: { chunkSizeWarningLimit: 800 },
  server: { port: 5173, strictPort: true },
});
