import { expect, type Page } from '@playwright/test';
import { signIn, test } from '../fixtures/index.ts';

/** What has the focus: its name, and whether a person can see where it is. */
async function focused(page: Page): Promise<{ name: string; visible: boolean; inMain: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const name = element.getAttribute('aria-label') ?? element.innerText ?? '';
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return {
      name: name.trim().split('\n')[0],
      visible: outlined && box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < window.innerHeight,
      inMain: element.closest('main') !== null,
    };
  });
}

test('the keyboard reaches everything, first the way past the navigation', async ({ page, demo, administrator }) => {
  await signIn(page, demo.address, administrator);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Tab');
  expect((await focused(page)).name).toBe('Skip to content');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();

  // From there on through the content, where each stop can be seen.
  const wanted = ['New plan', 'Name of an application', 'Find', 'Applications by environment'];
  const names: string[] = [];
  for (let stop = 0; stop < 40 && !wanted.every((name) => names.includes(name)); stop += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    expect(now.inMain, `${now.name} is outside of the content`).toBe(true);
    expect(now.visible, `the focus on ${now.name || 'a field'} cannot be seen`).toBe(true);
    names.push(now.name || ((await page.locator(':focus').getAttribute('placeholder')) ?? ''));
  }
  expect(names).toEqual(expect.arrayContaining(wanted));
});

test('in forced colours every state still has its shape and word', async ({ page, demo, administrator, scripts }) => {
  test.skip(!scripts, 'the colours are the same without scripts');
  await page.emulateMedia({ forcedColors: 'active' });
  await signIn(page, demo.address, administrator);
  const current = page.getByRole('navigation', { name: 'Main' }).locator('[aria-current]');
  const chip = page.getByRole('link', { name: /^Modified/ });
  for (const element of [current, chip, page.locator('.tag').first()]) {
    const border = await element.evaluate((node) => getComputedStyle(node).borderTopWidth);
    expect(parseFloat(border), 'it is told apart by a border').toBeGreaterThan(0);
  }
  for (const tag of await page.locator('.tag').all()) {
    await expect(tag.locator('svg')).toHaveCount(1);
    expect((await tag.innerText()).trim()).not.toBe('');
  }
});
