import { defineConfig } from '@playwright/test';
import tests from '../playwright.config.ts';

/** Pictures for the documents; `make test` does not take them. */
export default defineConfig({
  ...tests,
  testDir: '.',
  testIgnore: [],
  outputDir: '../test-results',
  reporter: 'list',
  use: { ...tests.use, colorScheme: 'light', deviceScaleFactor: 2 },
  projects: [{ name: 'pictures', use: { viewport: { width: 1280, height: 640 } } }],
});
