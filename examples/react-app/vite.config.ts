import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

export default defineConfig({
  // Relative addresses, so that the built page can live in any folder of any web server.
  base: './',
  plugins: [
    react(),
    // The service worker, which keeps the files of the built app. They contain the WebAssembly, too. Development has none.
    VitePWA({
      registerType: 'prompt',
      includeAssets: ['icon.svg'],
      manifest: {
        name: 'Creative Automation Workflow',
        short_name: 'Workflow',
        theme_color: '#f7f6f3',
        background_color: '#f7f6f3',
        icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' }],
      },
    }),
  ],
  // The package is linked from this repository, which has a React of its own for its tests: the app must use one.
  resolve: { dedupe: ['react', 'react-dom'] },
  // One file: the app, React, supabase-js, and workflow-db with its WebAssembly.
  build: { chunkSizeWarningLimit: 800 },
  // Two ports, because the service worker of the built app would also answer for the app in development.
  preview: { port: 5173, strictPort: true },
  server: { port: 5174, strictPort: true },
});
