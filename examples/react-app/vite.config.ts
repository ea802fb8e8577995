import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses, so that the built page can live in any folder of any web server.
  base: './',
  plugins: [react()],
  server: { port: 5173, strictPort: true },
});
