// What every page has: times as the reader's clock shows them, a menu that closes, and the part one is in within sight.

const words = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/// Writes the times within `root` as this clock shows them; what the server wrote stays as their title.
export function tellTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]:not([title])')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.textContent;
    const isSoon = 'soon' in time.dataset && at.toDateString() === new Date().toDateString();
    time.textContent = (isSoon ? hour : words).format(at);
  }
}

for (const menu of document.querySelectorAll('details.menu')) {
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && menu.open) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  document.addEventListener('click', (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

// On a narrow screen the rows of links are wider than it.
function showHere() {
  for (const here of document.querySelectorAll('.places [aria-current], .tabs [aria-current]')) {
    const row = here.parentElement;
    const middle = (box) => box.getBoundingClientRect().left + box.clientWidth / 2;
    row.scrollLeft += middle(here) - middle(row);
  }
}

showHere();
addEventListener('resize', showHere);
tellTimes(document);
