import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses, so that the built page can live in any folder of any web server.
  base: './',
  plugins: [react()],
  // The package is linked from this repository, which has a React of its own for its tests: the app must use one.
  resolve: { dedupe: ['react', 'react-dom'] },
  // One file: the app, React, supabase-js, and workflow-db with its WebAssembly.
  build: { chunkSizeWarningLimit: 800 },
  server: { port: 5173, strictPort: true },
});
