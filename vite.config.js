import { build, defineConfig } from "vite";

// Stable names: the templates add a digest of the file as `?v=`, so that no manifest has to be read.
const built = (input, emptyOutDir) => ({
  root: "aftercare/web/front",
  base: "/assets/",
  publicDir: "public",
  build: {
    outDir: "../assets",
    emptyOutDir,
    assetsInlineLimit: 0, // a data: address would break `default-src 'self'`
    modulePreload: false,
    target: "es2022",
    rolldownOptions: {
      // The entries of a build share no module, so each is one file of script and one of style.
      input,
      output: {
        entryFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});

// The companion's worker shares modules with its page, and a worker has to be one file: so it is a build of its own.
const worker = built({ "companion-worker": "aftercare/web/front/app/worker.js" }, false);

export default defineConfig({
  ...built({
    aftercare: "aftercare/web/front/main.js",
    "dashboard-worker": "aftercare/web/front/worker.js",
    companion: "aftercare/web/front/app/main.js",
  }, true),
  plugins: [{ name: "companion-worker", closeBundle: () => build({ configFile: false, logLevel: "warn", ...worker }) }],
});
