import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { defineConfig } from '@playwright/test';

/** The machine's own Chromium; the tests download no browser. */
function chromium(): string {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // not here; the next one
      }
    }
  }
  throw new Error('Chromium is not on the path: install it (Debian: chromium), or set CHROMIUM to its program.');
}

/** A phone of 320 CSS pixels is the narrowest that WCAG 2.2 asks for (1.4.10 Reflow). */
const narrow = { width: 320, height: 640 };

export default defineConfig({
  testDir: '.',
  testIgnore: 'screenshots/**',
  outputDir: 'test-results',
  // A test waits for real processes; it is never given a second chance.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  retries: 0,
  forbidOnly: !!process.env.CI,
  fullyParallel: false,
  workers: Number(process.env.END2END_WORKERS ?? 2),
  reporter: process.env.CI ? [['list']] : [['list'], ['html', { open: 'never', outputFolder: 'playwright-report' }]],
  use: {
    // What is not there after that does not come: the test says so instead of waiting for its own end.
    actionTimeout: 90_000,
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Axe must not meet colours that are half-way through a transition.
    contextOptions: { reducedMotion: 'reduce' },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'desktop', use: { viewport: { width: 1280, height: 900 } } },
    { name: 'desktop-no-js', use: { viewport: { width: 1280, height: 900 }, javaScriptEnabled: false } },
    { name: 'mobile', use: { viewport: narrow, isMobile: true, hasTouch: true } },
  ],
});
