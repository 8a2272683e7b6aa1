import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { expect, type Browser, type Page } from '@playwright/test';
import { RunningConsole } from '../fixtures/console.ts';
import { signIn, test } from '../fixtures/index.ts';

/** What an authenticator app shows (RFC 6238). */
function code(key: string, at = Date.now()): string {
  const bits = [...key.replace(/\s/g, '')].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'));
  const secret = Uint8Array.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = new DataView(new ArrayBuffer(8));
  step.setBigUint64(0, BigInt(Math.floor(at / 30_000)));
  const hash = createHmac('sha1', secret).update(step).digest();
  const offset = hash[19] & 0xf;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A code that no step before has used: the next one is good already (a step to either side). */
const next = (key: string) => code(key, Date.now() + 30_000);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Invites somebody and gives the link. */
async function invite(page: Page, address: string, username: string, role: string): Promise<string> {
  await page.goto(address);
  await page.getByRole('link', { name: /^IT users/ }).click();
  await page.getByRole('link', { name: 'Invite', exact: true }).click();
  await page.getByLabel('User name', { exact: true }).fill(username);
  await page.getByLabel('Name', { exact: true }).fill('Ines Duarte');
  await page.getByLabel('Default role').selectOption({ label: role });
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByLabel('Link', { exact: true }).inputValue();
  expect(link).toMatch(/\/invitation\?token=[0-9a-f]{64}$/);
  return link;
}

async function accept(browser: Browser, link: string, password: string, scripts: boolean): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: scripts, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(link);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Password, once more').fill(password);
  await page.getByRole('button', { name: 'Begin' }).click();
  return page;
}

test('invited, signed in, and a second factor set up', async ({ page, browser, demo, administrator, scripts, faults, examine }, info) => {
  // A link that is no good any more is answered with 404.
  faults.expect(/404.*\/invitation/);
  const username = `ines.${info.project.name}`;
  const password = 'seven swans on the cut';
  await signIn(page, demo.address, administrator);
  const link = await invite(page, demo.address, username, 'Developer');
  await examine(page);

  const other = await accept(browser, link, password, scripts);
  try {
    await other.waitForURL(/\/i\//);
    // The link counts once.
    await page.goto(link);
    await expect(page.getByRole('heading', { name: 'This link is not good' })).toBeVisible();

    await other.goto(`${demo.address}/profile`);
    await other.getByRole('link', { name: 'Set one up' }).click();
    await expect(other.getByRole('heading', { name: 'Second factor', level: 1 })).toBeVisible();
    await examine(other);
    await other.getByRole('button', { name: 'Set up an app' }).click();
    await expect(other.getByRole('img', { name: /QR code/ })).toBeVisible();
    const key = await other.locator('#totp-key').innerText();
    await examine(other);
    await other.getByLabel('Code that the app shows now').fill(code(key));
    await other.getByRole('button', { name: 'Confirm' }).click();
    await expect(other.getByRole('heading', { name: 'Your recovery codes' })).toBeVisible();
    const codes = await other.getByRole('main').getByRole('listitem').allInnerTexts();
    expect(codes).toHaveLength(10);
    await examine(other);
    await other.getByRole('link', { name: 'I have kept them' }).click();
    await examine(other);

    await other.getByRole('button', { name: 'Sign out' }).click();
    const first = async () => {
      await other.goto(`${demo.address}/sign-in`);
      await other.getByLabel('User name').fill(username);
      await other.getByLabel('Password', { exact: true }).fill(password);
      await other.getByRole('button', { name: 'Sign in' }).click();
      await other.waitForURL(/\/sign-in\/second/);
    };
    await first();
    await examine(other);
    await other.getByLabel('Code').fill('000000');
    await other.getByRole('button', { name: 'Sign in' }).click();
    await expect(other.getByRole('alert')).toContainText('not right');
    // Nothing opens in between.
    await other.goto(`${demo.address}/profile`);
    await expect(other).toHaveURL(/\/sign-in/);
    await other.goto(`${demo.address}/sign-in/second`);
    await other.getByLabel('Code').fill(next(key));
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.waitForURL(/\/i\//);

    await other.getByRole('button', { name: 'Sign out' }).click();
    await first();
    await other.getByLabel('Code').fill(codes[0]);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.waitForURL(/\/i\//);
    await other.goto(`${demo.address}/second-factor`);
    await expect(other.getByText('9 codes are left')).toBeVisible();
  } finally {
    await other.context().close();
  }
});

test('an invitation is withdrawn, and its link is no good any more', async ({ page, demo, administrator, faults, examine }, info) => {
  faults.expect(/404.*\/invitation/);
  const username = `iris.${info.project.name}`;
  await signIn(page, demo.address, administrator);
  const link = await invite(page, demo.address, username, 'Reader');
  await page.getByRole('link', { name: 'Open invitations' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Open invitations' })).toBeVisible();
  const row = page.getByRole('row').filter({ hasText: username });
  await expect(row).toContainText('the first password');
  await examine(page);
  await row.getByRole('button', { name: /^Withdraw/ }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The invitation is withdrawn' })).toBeVisible();
  await expect(row).toHaveCount(0);
  await examine(page);
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'This link is not good' })).toBeVisible();
});

test('pages about the second factor are accessible and fit', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  for (const path of ['/prove?then=%2Fprofile', '/second-factor', '/i/harbour/second-factor', '/i/harbour/users/invite']) {
    await page.goto(`${demo.address}${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    await examine(page);
  }
  await page.goto(`${demo.address}/prove?then=%2Fprofile`);
  await page.getByLabel('Password', { exact: true }).fill(administrator.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForURL(/\/profile$/);
  await expect(page.getByRole('status').filter({ hasText: 'proved' })).toBeVisible();
});

test('a passkey is added, and signs in', async ({ page, scripts, examine }, info) => {
  test.skip(!scripts, 'a passkey needs scripts');
  test.skip(info.project.name === 'mobile', 'once is enough: it needs a console of its own');
  // A passkey belongs to a host name, and the sample infrastructure answers at an address of numbers.
  const port = await freePort();
  const address = `http://localhost:${port}`;
  const console = await RunningConsole.start('serve', /set-up code:\s+\S+/i, ['--listen', `127.0.0.1:${port}`, '--public-origin', address]);
  try {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const password = 'seven swans on the cut';
    await page.goto(`${address}/set-up`);
    await page.getByLabel('Set-up code').fill(console.told('set-up code'));
    await page.getByLabel('User name').fill('ada');
    await page.getByLabel('Name', { exact: true }).fill('Ada Lovelace');
    await page.getByLabel('E-mail').fill('ada@harbour.example');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Set up' }).click();
    await page.waitForURL(/\/i\//);

    await page.goto(`${address}/second-factor`);
    await page.getByLabel('Name', { exact: true }).fill('Ada’s laptop');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(page.getByRole('heading', { name: 'Your recovery codes' })).toBeVisible();
    await page.getByRole('link', { name: 'I have kept them' }).click();
    await expect(page.getByRole('region', { name: 'Your passkeys' })).toContainText('Ada’s laptop');
    await examine(page);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(`${address}/sign-in`);
    await page.getByLabel('User name').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/sign-in\/second/);
    await examine(page);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.waitForURL(/\/i\//);
    await page.goto(`${address}/second-factor`);
    await expect(page.getByRole('region', { name: 'Your passkeys' })).not.toContainText('not yet');
    await page.goto(`${address}/prove?then=%2Fprofile`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.waitForURL(/\/profile$/);
  } finally {
    // A page that is still open would go on asking for its events.
    await page.goto('about:blank');
    await console.stop();
  }
});
