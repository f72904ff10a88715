import { defineConfig } from 'vite';

// With these headers a page has several threads. The server that you publish on has to send them, too.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  server: { headers },
  preview: { headers },
  // The development server would bundle the package ahead, away from the files that it looks for beside itself.
  optimizeDeps: { exclude: ['cardinal-nn'] },
});
