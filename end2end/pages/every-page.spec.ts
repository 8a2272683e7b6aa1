import { expect } from '@playwright/test';
import { signIn, test } from '../fixtures/index.ts';

/** One address for each kind of page: infrastructures, identities, keys and cursors are what makes the others of its kind differ. */
function kind(url: URL): string {
  return (
    url.pathname.replace(/^\/i\/[^/]+/, '/i/:key').replace(/\/(architecture|parts)\/([a-z_]+)\/(?!new$|default$)[^/]+$/, '/$1/$2/:key').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id').replace(/\/(environments|applications|pipelines)\/(?!new$)[^/]+/g, '/$1/:key').replace(/\/versions\/[^/]+/, '/versions/:number').replace(/\/servers\/[^/]+/, '/servers/:key') +
    [...url.searchParams.keys()].sort().map((key) => `?${key}`).join('')
  );
}

test('every page that a link leads to is accessible, and fits its window', async ({ page, demo, administrator, examine }) => {
  test.setTimeout(300_000);
  await signIn(page, demo.address, administrator);
  const seen = new Set<string>();
  const waiting = [page.url()];
  while (waiting.length > 0) {
    const url = new URL(waiting.shift() ?? '');
    if (seen.has(kind(url))) continue;
    seen.add(kind(url));
    const answer = await page.goto(url.href);
    expect(answer?.status(), url.href).toBe(200);
    await expect(page.getByRole('heading', { level: 1 }), url.href).toHaveCount(1);
    await expect(page.getByRole('main'), url.href).toHaveCount(1);
    await examine(page);
    // The content security policy forbids them, and a browser would quietly leave them out.
    await expect(page.locator('[style]'), `${url.href} has inline styles`).toHaveCount(0);
    const links = await page.locator('a[href]:not([download])').evaluateAll((all) => all.map((a) => new URL(a.getAttribute('href') ?? '', document.baseURI).href));
    for (const href of links) {
      const next = new URL(href);
      next.hash = '';
      if (next.origin === demo.address) waiting.push(next.href);
    }
  }
  // A page that no link leads to would be missing here without anybody noticing.
  const paths = [...seen].map((each) => each.replace(/\?.*/, '').replace(/^\/i\/[^/]+/, ''));
  for (const page of ['', '/environments', '/environments/:key', '/applications/:key', '/applications/:key/usage', '/applications/:key/compare', '/environments/:key/modified', '/new-application', '/retired-applications', '/plans', '/deployments', '/deployments/:id', '/audit', '/audit/:id', '/users', '/users/new', '/users/:id', '/roles', '/roles/new', '/roles/:id', '/teams', '/teams/new', '/users/invite', '/users/invitations', '/service-accounts', '/service-accounts/new', '/second-factor', '/pipelines', '/pipelines/new', '/pipelines/:key', '/architecture', '/environments/new', '/environments/:key/leave', '/environments/:key/settings', '/environments/:key/servers/:key', '/environments/:key/applications/:key/settings', '/environments/:key/applications/:key/log', '/environments/:key/applications/:key/timers', '/environments/:key/timeline', '/environments/:key/dependencies', '/new-infrastructure', '/architecture/database_server/new', '/architecture/tool/new', '/environments/:key/parts/zone/default', '/environments/:key/parts/load_balancer/new']) {
    expect(paths).toContain(page);
  }
});

test('a page that does not exist says so', async ({ page, demo, administrator, faults, examine }) => {
  faults.expect(/404/);
  await signIn(page, demo.address, administrator);
  const answer = await page.goto(`${page.url()}/nothing-here`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await examine(page);
});
