import type { APIRequestContext, Page } from '@playwright/test';
import { expect, signIn, test } from '../fixtures/index.ts';

/** Sends a form that makes a token, with a proof where one is due, and gives the token, which is shown this once. */
async function made(page: Page, button: string, password: string): Promise<string> {
  const shown = page.getByRole('region', { name: 'The token', exact: true });
  const proof = page.getByRole('heading', { level: 1, name: 'Prove that it is you' });
  const send = page.getByRole('button', { name: button, exact: true });
  await send.click();
  await expect(shown.or(proof)).toBeVisible();
  if (await proof.isVisible()) {
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Go on' }).first().click();
    // What was typed has come back with the form.
    await send.click();
  }
  await expect(shown).toBeVisible();
  const token = await shown.getByLabel('Token', { exact: true }).inputValue();
  expect(token).toMatch(/^tow_\w{20,}$/);
  return token;
}

/** What the API answers a program with a token. */
async function status(request: APIRequestContext, address: string, token: string): Promise<number> {
  const answer = await request.get(`${address}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  return answer.status();
}

test('a program gets a token, which is shown once, followed by another, and revoked', async ({
  page,
  request,
  demo,
  administrator,
  examine,
}, info) => {
  const username = `ci.${info.project.name}`;
  const name = `CI ${info.project.name}`;
  await signIn(page, demo.address, administrator);
  const key = new URL(page.url()).pathname.split('/')[2];
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Service accounts', exact: true }).click();
  await page.getByRole('link', { name: 'New service account' }).click();
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Default role').selectOption({ label: 'Administrator' });
  await examine(page);
  await page.getByRole('button', { name: 'Add the service account' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByText('This account has no token', { exact: false })).toBeVisible();
  const account = page.url();
  await examine(page);

  await page.getByLabel('Name', { exact: true }).fill('Nightly build');
  await page.getByLabel('Good for', { exact: true }).fill('30');
  const first = await made(page, 'Make a token', administrator.password);
  await examine(page);
  await page.goto(account);
  const table = page.getByRole('table');
  await expect(table.getByRole('row').filter({ hasText: 'Nightly build' })).toContainText('Good');
  await expect(page.getByRole('region', { name: 'The token', exact: true })).toHaveCount(0);
  expect(await page.content()).not.toContain(first);

  // It is the account, and reads; it changes nothing, since it has that scope alone.
  const me = await request.get(`${demo.address}/api/v1/me`, { headers: { authorization: `Bearer ${first}` } });
  expect(me.status()).toBe(200);
  expect((await me.json()).username).toBe(username);
  const refused = await request.post(`${demo.address}/api/v1/i/${key}/teams`, {
    headers: { authorization: `Bearer ${first}` },
    data: { name: 'Made by a program' },
  });
  expect(refused.status()).toBe(403);
  expect((await refused.json()).lifted_by).toBeTruthy();

  // Both are good during the overlap.
  await page.getByLabel('The old one stays good for').fill('2');
  const second = await made(page, 'Rotate', administrator.password);
  expect(second).not.toBe(first);
  await examine(page);
  expect(await status(request, demo.address, first)).toBe(200);
  expect(await status(request, demo.address, second)).toBe(200);

  // Revoked: the next call is refused, and the other token goes on.
  await page.goto(account);
  await expect(table.getByRole('row').filter({ hasText: 'Nightly build' })).toHaveCount(2);
  await page.getByRole('button', { name: `Revoke Nightly build (tow_…${second.slice(-4)})`, exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The token is revoked' })).toBeVisible();
  await expect(table.getByRole('row').filter({ hasText: second.slice(-4) })).toContainText('Revoked');
  await examine(page);
  expect(await status(request, demo.address, second)).toBe(401);
  expect(await status(request, demo.address, first)).toBe(200);
});
