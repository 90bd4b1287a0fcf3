/** Bundles each page's modules and the chart library into one script; `--check` only says whether they are up to date. */
import { build } from 'esbuild';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGES = { 'report.js': 'src/main.js', 'data_page.js': 'src/data_page/main.js' };
const here = dirname(fileURLToPath(import.meta.url));
const made = await Promise.all(Object.values(PAGES).map((entry) => build({
  absWorkingDir: here,
  entryPoints: [entry],
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome100', 'firefox113', 'safari16.4'],
  charset: 'ascii',
  metafile: true,
  write: false,
})));
// Nothing in a script may end its element or begin a comment in it.
const scripts = made.map(({ outputFiles }) => outputFiles[0].text.replaceAll(/<(?=\/script|!--|script)/gi, '\\x3c'));
const inputs = made.flatMap(({ metafile }) => Object.keys(metafile.inputs));
const packages = [...new Set(inputs.flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []))].sort();
const licences = packages.map((name) => {
  const folder = join(here, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE'].map((x) => join(folder, x)).find(existsSync);
  return `${name} ${version}\n\n${file ? readFileSync(file, 'utf8').trim() : 'no licence file'}\n`;
});
const files = { 'third-party-licences.txt': licences.join(`\n${'-'.repeat(80)}\n\n`) };
Object.keys(PAGES).forEach((name, i) => { files[name] = scripts[i]; });
for (const [name, content] of Object.entries(files)) {
  const path = join(here, name);
  if (process.argv.includes('--check')) {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== content) {
      console.error(`${name} is not what the sources give; run: npm ci && npm run build`);
      process.exitCode = 1;
    }
  } else writeFileSync(path, content);
}
