import { defineConfig } from "vite";

// Stable names: the templates add a digest of the file as `?v=`, so that no manifest has to be read.
export default defineConfig({
  root: "aftercare/web/front",
  base: "/assets/",
  publicDir: "public",
  build: {
    outDir: "../assets",
    emptyOutDir: true,
    assetsInlineLimit: 0, // a data: address would break `default-src 'self'`
    modulePreload: false,
    target: "es2022",
    rolldownOptions: {
      // The entries share no module, so each is one file of script and one of style.
      input: {
        aftercare: "aftercare/web/front/main.js",
        "dashboard-worker": "aftercare/web/front/worker.js",
        companion: "aftercare/web/front/app/main.js",
        "companion-worker": "aftercare/web/front/app/worker.js",
      },
      output: {
        entryFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
