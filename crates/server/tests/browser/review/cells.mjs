// Figures of a dashboard and the items behind them.

/// The figures of a page that lead to items, as words and address.
export const figuresOf = (page) => page.locator('#figures a[href*="/items"]').evaluateAll((links) => links.map((link) => [[...link.childNodes].map((part) => part.textContent.trim()).join(' '), link.getAttribute('href')]));

/// The figures behind which there are other items than they say. Where answers have parts, or an item has
/// several, the n of an agreement counts those.
export async function wrongCells(page, figures, { parts = false } = {}) {
  const wrong = [];
  for (const [figure, href] of figures) {
    await page.goto(href);
    const rows = await page.locator('.table tbody tr').count();
    const isCount = /^[\d,]+$/.test(figure);
    const n = isCount ? Number(figure.replaceAll(',', '')) : Number(figure.match(/, n ([\d,]+)/)?.[1] ?? NaN);
    const isOfParts = parts && href.includes('behind=agree');
    const differs = isOfParts ? !(rows <= n) : !Number.isNaN(n) && rows !== n;
    if (rows === 0 || differs) wrong.push(`${figure} leads to ${rows} items by ${href}`);
    if (href.includes('label=') && !href.includes('other=')) {
      const said = await page.locator('[data-meaning]').textContent();
      if (Number.parseInt(figure.match(/(\d+) ·/)[1], 10) !== Number.parseInt(said, 10)) wrong.push(`${figure}: ${said}`);
    }
  }
  return wrong;
}
