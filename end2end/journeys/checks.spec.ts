import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../fixtures/index.ts';

/** Makes the infrastructure as the text of a file has it, on the page of the architecture. */
async function make(page: Page, home: string, text: string): Promise<void> {
  await page.goto(home);
  await page.getByLabel('Text of a file').fill(text);
  await page.getByRole('button', { name: 'Compare with the file' }).click();
  await page.getByRole('button', { name: /^Make (this change|these \d+ changes)$/ }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The architecture is changed' })).toBeVisible();
}

test('tools and databases are tried, and the page says what was tried', async ({ page, demo, administrator, examine, scripts }) => {
  // A tool that answers, and a port that takes connections and says nothing.
  const tool = createHttpServer((_, answer) => answer.end('here')).listen(0, '127.0.0.1');
  const port = createServer((socket) => socket.resume().end()).listen(0, '127.0.0.1');
  await Promise.all([once(tool, 'listening'), once(port, 'listening')]);
  const at = (server: { address(): unknown }) => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [toolHost, portHost] = [at(tool), at(port)];
  const closed = async (server: { close(done: () => void): unknown }) => new Promise<void>((done) => server.close(done));

  await signIn(page, demo.address, administrator);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Architecture', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Architecture' })).toBeVisible();
  const home = page.url();
  const before = await (await page.request.get(`${home}/file`)).text();
  const part = (table: string, ...lines: string[]) => `\n[${table}]\n${lines.join('\n')}\n`;
  const connected =
    before +
    part('tools.forge', 'name = "Forge"', 'kind = "mobile_builds"', `address = "http://${toolHost}"`, 'about = "Builds for phones."') +
    part('database_servers.ledger', 'name = "Ledger"', 'engine = "oracle"', 'version = "19c"', 'sharing = "shared"', `host = "${portHost}"`) +
    part('database_servers.press', 'name = "Press"', 'engine = "postgresql"', 'sharing = "shared"', `host = "${toolHost}"`);
  try {
    await make(page, home, connected);
    const card = page.getByRole('region', { name: 'Connections', exact: true });
    const row = (name: string) => card.getByRole('row').filter({ has: page.getByRole('rowheader', { name: new RegExp(`^${name}`) }) });

    // The console asks a new tool by itself; a page with scripts hears of it.
    if (scripts) await expect(row('Forge')).toContainText('Reached');
    else {
      await expect(async () => {
        await page.reload();
        await expect(row('Forge')).toContainText('Reached', { timeout: 500 });
      }).toPass({ timeout: 30_000 });
    }
    await expect(row('Forge')).toContainText('It answered with status 200.');
    await expect(row('Forge')).toContainText('by the console');
    await examine(page);

    // No driver: the address is tried and no more.
    await expect(row('Ledger')).toContainText('19c');
    await row('Ledger').getByRole('button', { name: 'Test the address: Ledger' }).click();
    const nobodySignedIn = 'No more was tried: there is no driver for Oracle here, so nobody signed in.';
    await expect(page.getByRole('status').filter({ hasText: nobodySignedIn })).toBeVisible();
    await expect(row('Ledger')).toContainText('Address answers');

    // A driver: somebody signs in, here at something that is no PostgreSQL. The password is not filled in again.
    await row('Press').getByText('Test by signing in').click();
    await row('Press').getByLabel('User').fill('reader');
    await row('Press').getByLabel('Password').fill('seven grey herons');
    await row('Press').getByLabel('Database').fill('harbour');
    await examine(page);
    await row('Press').getByRole('button', { name: 'Test Press' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'nobody was let in' })).toBeVisible();
    await expect(row('Press')).toContainText('What answers there does not speak as PostgreSQL does.');
    await row('Press').getByText('Test by signing in').click();
    await expect(row('Press').getByLabel('Password')).toHaveValue('');
    expect(await page.content()).not.toContain('grey herons');

    // The tool goes, and the reason is told.
    await closed(tool);
    await row('Forge').getByRole('button', { name: 'Check now: Forge' }).click();
    const refused = 'Nothing listens at the address: the connection was refused.';
    await expect(page.getByRole('alert').filter({ hasText: `Forge: ${refused}` })).toBeVisible();
    await expect(row('Forge')).toContainText('Failed');
    await expect(row('Forge')).toContainText(refused);
    await examine(page);
    expect(demo.log()).not.toContain('grey herons');
  } finally {
    await make(page, home, before);
    if (tool.listening) await closed(tool);
    await closed(port);
  }
});
