import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, type Locator, type Page } from '@playwright/test';
import { signIn, test } from '../fixtures/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = resolve(root, process.env.TOWPATH_BIN ?? 'target/debug');

/** A package of the tide service under another key, with settings: one has a default, the other each environment has to set. */
async function packaged(key: string, name: string, about: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'towpath-package-'));
  const manifest = [
    'format = 1',
    `[application]\nkey = "${key}"\nname = "${name}"\ndescription = "${about}"\nkind = "service"`,
    `[[modules]]\nkey = "dial"\nname = "Dial"\nkind = "process"\nvirtual_directory = "/${key}"\ncommand = ["./tide-service"]\nready = "/healthz"`,
    '[[settings]]\nkey = "harbour"\nname = "Name of the harbour"\nkind = "text"\ndefault = "Lockhaven"\ndescription = "Shown on the page."',
    '[[settings]]\nkey = "door"\nname = "Code of the door"\nkind = "secret"',
    '',
  ].join('\n');
  await mkdir(join(folder, 'modules/dial'), { recursive: true });
  await writeFile(join(folder, 'manifest.toml'), manifest);
  await copyFile(join(programs, 'tide-service'), join(folder, 'modules/dial/tide-service'));
  const file = join(folder, 'dial.oap');
  await promisify(execFile)(join(programs, 'towpath'), ['package', 'build', folder, '-o', file], { cwd: root });
  const bytes = await readFile(file);
  await rm(folder, { recursive: true });
  return bytes;
}

/** Waits for something that comes by itself; without scripts by loading the page again, as a person would. */
async function comes(page: Page, what: Locator): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(what).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000, intervals: [500] });
}

/** Publishes a package into Development and waits until it runs. */
async function publish(page: Page, infrastructure: string, bytes: Buffer): Promise<void> {
  await page.goto(`${infrastructure}/environments/development`);
  await page.getByLabel('Package file (.oap)').setInputFiles({ name: 'dial.oap', mimeType: 'application/octet-stream', buffer: bytes });
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await untilFinished(page);
}

async function untilFinished(page: Page): Promise<void> {
  await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
  await comes(page, page.getByText('Finished successfully').first());
}

/** Makes a plan for the application into Test, and leaves it open. */
async function plan(page: Page, infrastructure: string, key: string): Promise<void> {
  await page.goto(`${infrastructure}/plans/new?from=development&to=test&app=${key}`);
  await page.getByRole('button', { name: 'Make the plan' }).click();
  await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
}

/** The name of the harbour that the application in Test says: the page that a front-end serves. */
async function harbour(page: Page, infrastructure: string, key: string): Promise<string> {
  const link = page.getByRole('link', { name: new RegExp(`/${key}\\b`) }).first();
  await page.goto(`${infrastructure}/environments/test`);
  await comes(page, link);
  const address = ((await link.getAttribute('href')) ?? '').replace(/\/?$/, '/');
  const told = await page.request.get(new URL('api/tides', address).href);
  return ((await told.json()) as { harbour: string }).harbour;
}

test('settings are asked for in the plan, served, and kept over later promotions', async ({ page, demo, administrator, examine }, info) => {
  test.setTimeout(400_000);
  const key = `dial-${info.project.name}`;
  const name = `Tide Dial ${info.project.name}`;
  const secret = 'seven-swans-on-the-cut';
  await signIn(page, demo.address, administrator);
  const infrastructure = page.url().replace(/\/$/, '');

  await test.step('a plan asks for what is needed, and is stopped until it is set', async () => {
    await publish(page, infrastructure, await packaged(key, name, 'The first one.'));
    await expect(page.getByText(/needs Code of the door \(door\) and has no value/).first()).toBeVisible();
    await plan(page, infrastructure, key);
    await expect(page.getByText('Setting Missing').first()).toBeVisible();
    await expect(page.getByRole('link', { name: 'Set Code of the door here' })).toBeVisible();
    await examine(page);
    const settings = page.getByRole('region', { name: 'Settings and modules' });
    await settings.getByLabel('Value of Code of the door').fill(secret);
    await settings.getByRole('button', { name: 'Set in this plan: Code of the door' }).click();
    await expect(settings.getByText('Will be set')).toBeVisible();
    await settings.getByRole('row', { name: /Name of the harbour/ }).getByText('Set', { exact: true }).click();
    await settings.getByLabel('Value of Name of the harbour').fill('Neuhafen');
    await settings.getByRole('button', { name: 'Set in this plan: Name of the harbour' }).click();
    await expect(settings.getByRole('row', { name: /Name of the harbour/ }).getByText('Neuhafen').first()).toBeVisible();
    await examine(page);
    expect(await page.content()).not.toContain(secret);
  });

  await test.step('what is served has it', async () => {
    await page.getByRole('button', { name: 'Deploy to Test' }).click();
    await untilFinished(page);
    await page.getByText('2 settings, 2 of them changed').click();
    await expect(page.getByRole('list', { name: 'Settings at activation' }).getByText('Neuhafen')).toBeVisible();
    await examine(page);
    expect(await page.content()).not.toContain(secret);
    expect(await harbour(page, infrastructure, key)).toBe('Neuhafen');
  });

  await test.step('a later promotion keeps it', async () => {
    await publish(page, infrastructure, await packaged(key, name, 'The second one.'));
    await plan(page, infrastructure, key);
    await expect(page.getByText('Setting Missing')).toHaveCount(0);
    await page.getByText('2 settings stay as they are').click();
    await page.getByRole('button', { name: 'Deploy to Test' }).click();
    await untilFinished(page);
    expect(await harbour(page, infrastructure, key)).toBe('Neuhafen');
  });

  await test.step('a change beside a plan waits until it is applied', async () => {
    await page.goto(`${infrastructure}/applications/${key}`);
    await page.getByRole('link', { name: 'Settings in Test' }).click();
    await expect(page.getByRole('heading', { level: 1, name: `Settings of ${name}` })).toBeVisible();
    await examine(page);
    const row = page.getByRole('row', { name: /Name of the harbour/ });
    await row.getByText('Change', { exact: true }).last().click();
    await row.getByLabel('Value of Name of the harbour').fill('Altstadt');
    await row.getByRole('button', { name: 'Set Name of the harbour' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'harbour is set.' })).toBeVisible();
    await expect(row.getByText('runs with “Neuhafen”')).toBeVisible();
    await examine(page);
    expect(await harbour(page, infrastructure, key)).toBe('Neuhafen');
    await page.goto(`${infrastructure}/environments/test/applications/${key}/settings`);
    await page.getByRole('button', { name: 'Apply the settings' }).click();
    await untilFinished(page);
    await expect(page.getByRole('heading', { level: 1, name: `Apply settings of ${name}` })).toBeVisible();
    expect(await harbour(page, infrastructure, key)).toBe('Altstadt');
    await page.goto(`${infrastructure}/environments/test/applications/${key}/settings`);
    await expect(page.getByText('Set, never shown')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Apply the settings' })).toHaveCount(0);
    expect(await page.content()).not.toContain(secret);
  });
});
