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
    cssCodeSplit: false,
    modulePreload: false,
    target: "es2022",
    rolldownOptions: {
      input: "aftercare/web/front/main.js",
      output: {
        entryFileNames: "aftercare.js",
        assetFileNames: "aftercare[extname]",
        codeSplitting: false,
      },
    },
  },
});
