// Figures of a dashboard and the items behind them.

/// The figures of a page that lead to items, as words and address.
export const figuresOf = (page) => page.locator('#figures a[href*="/items"]').evaluateAll((links) => links.map((link) => [[...link.childNodes].map((part) => part.textContent.trim()).join(' '), link.getAttribute('href')]));

/// How many items a figure says that it leads to: `14`, `n 14`, `n 120 parts of 14 items`; nothing where it does not say.
const itemsOf = (figure) => (figure.match(/ of ([\d,]+) items?$/) ?? figure.match(/, n ([\d,]+)$/) ?? figure.match(/^([\d,]+)$/))?.[1].replaceAll(',', '');

/// The figures behind which there are other items than they say.
export async function wrongCells(page, figures) {
  const wrong = [];
  for (const [figure, href] of figures) {
    await page.goto(href);
    const rows = await page.locator('.table tbody tr').count();
    const said = itemsOf(figure);
    if (rows === 0 || (said && rows !== Number(said))) wrong.push(`${figure} leads to ${rows} items by ${href}`);
    if (href.includes('label=') && !href.includes('other=')) {
      const meaning = await page.locator('[data-meaning]').textContent();
      if (Number.parseInt(figure.match(/(\d+) ·/)[1], 10) !== Number.parseInt(meaning, 10)) wrong.push(`${figure}: ${meaning}`);
    }
  }
  return wrong;
}
