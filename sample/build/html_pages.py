"""The intranet pages of the sample handbook, as the web server would send them.

Each page is a body fragment. `page` wraps it in what real intranet pages carry around their text:
a cookie banner, navigation, a search form, related links and a footer. Readers should get past all of it.
"""

HOST = "https://hub.quernside.example"

NAV = [
    ("/people/", "People"), ("/travel/", "Travel"), ("/it/", "IT"), ("/finance/", "Finance"),
    ("/safety/", "Safety"), ("/products/", "Products"), ("/operations/", "Operations"), ("/mail/", "Announcements"),
]


def page(path: str, title: str, updated: str, owner: str, body: str) -> str:
    nav = "\n".join(f'      <li><a href="{href}">{name}</a></li>' for href, name in NAV)
    section = path.split("/")[0]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title} | Quernside Hub</title>
  <link rel="canonical" href="{HOST}/{path}">
  <meta name="author" content="{owner}">
  <meta name="dcterms.modified" content="{updated}">
  <style>body{{font:16px/1.5 sans-serif}} .banner{{position:fixed;bottom:0}} table{{border-collapse:collapse}}</style>
  <script>window.hub = {{section: "{section}", signedIn: true, unread: 3}};</script>
</head>
<body>
  <a class="skip" href="#content">Skip to content</a>
  <div class="banner" id="cookie-banner" role="dialog" aria-label="Cookies">
    <p>The Hub uses two cookies, one to keep you signed in and one to remember the lunch filter.</p>
    <button type="button">Accept both</button> <button type="button">Only the first</button>
  </div>
  <header>
    <a href="/"><img src="/static/vane.svg" alt="Quernside Instruments"></a>
    <form action="/search" role="search"><input name="q" placeholder="Search the Hub"><button>Search</button></form>
    <nav aria-label="Main">
      <ul>
{nav}
      </ul>
    </nav>
  </header>
  <nav class="breadcrumb" aria-label="Breadcrumb"><a href="/">Hub</a> &rsaquo; <a href="/{section}/">{section.capitalize()}</a></nav>
  <main id="content">
    <article>
      <h1>{title}</h1>
      <p class="byline">{owner}, <time datetime="{updated}">{updated}</time></p>
{body.strip()}
    </article>
  </main>
  <aside class="related">
    <h2>People also opened</h2>
    <ul><li><a href="/people/lunch">This week's lunch</a></li><li><a href="/it/status">System status</a></li></ul>
    <p>Was this page helpful? <button>Yes</button> <button>No</button></p>
  </aside>
  <footer>
    <p>&copy; Quernside Instruments, Quay Road 12. Internal use. <a href="/imprint">Imprint</a> <a href="/privacy">Privacy</a></p>
    <p>Gatehouse 2999 &middot; IT desk 2400 &middot; First aid 2111</p>
  </footer>
</body>
</html>
"""


PAGES = {
    "finance/expenses-faq.html": (
        "Expenses: questions we are asked", "2025-11-04", "Finance", """
      <p>The rules are in <a href="/finance/expenses">Claiming expenses</a>. This page collects what people still ask us at the counter in A3.02.</p>
      <h2>Claims</h2>
      <dl>
        <dt>My claim has been in &ldquo;checking&rdquo; for a week. Is something wrong?</dt>
        <dd>Probably not. We check claims on Tuesdays and Fridays, and anything with a foreign currency waits for Friday&rsquo;s exchange rates.</dd>
        <dt>Which exchange rate is used?</dt>
        <dd>The rate of your card statement if you paid by card, and the central bank&rsquo;s rate of the previous Friday if you paid in cash.</dd>
        <dt>Can I claim for a colleague?</dt>
        <dd>Only for apprentices. Everyone else claims their own costs.</dd>
      </dl>
      <h2>Working from home</h2>
      <dl>
        <dt>How much can I spend on furniture for my home workplace?</dt>
        <dd>The home-office allowance is &euro;180 every three years, claimed under category H2.</dd>
        <dt>May I claim my electricity or internet at home?</dt>
        <dd>No. The tax office grants an allowance for it, and you can ask for that in your own tax return.</dd>
      </dl>
      <h2>On the road</h2>
      <dl>
        <dt>Is parking paid?</dt>
        <dd>Yes, at stations and airports up to &euro;22 a day, with the ticket.</dd>
        <dt>I had a taxi because the last bus had gone.</dt>
        <dd>Taxis are paid after 21:00, with heavy instruments, or when there are three or more of you.</dd>
        <dt>Is my reserved seat paid?</dt>
        <dd>Always. Standing with a transport case helps nobody.</dd>
      </dl>
      <h2>Category codes</h2>
      <table>
        <caption>Codes in Chit</caption>
        <thead><tr><th>Code</th><th>For</th><th>Tax treatment</th></tr></thead>
        <tbody>
          <tr><td>H2</td><td>Home workplace</td><td>free up to the allowance</td></tr>
          <tr><td>K1</td><td>Own vehicle, per kilometre</td><td>free</td></tr>
          <tr><td>M4</td><td>Meals with guests</td><td>70 % deductible</td></tr>
          <tr><td>T6</td><td>Tickets and reservations</td><td>free</td></tr>
          <tr><td>W3</td><td>Work clothing not from the tool crib</td><td>needs the Safety Officer&rsquo;s signature</td></tr>
        </tbody>
      </table>
"""),
    "products/rowan-3-support.html": (
        "Rowan 3 support notes", "2025-09-30", "Customer support", """
      <p>Notes for the telephone. The full figures are in the data sheet; if a customer has a question that is not answered here, ring Amaury Delacroix-Stead on 2412.</p>
      <h2>Power</h2>
      <p>The RB-3 battery pack runs a Rowan 3 for 18 months at one reading every ten minutes. At one reading a minute it lasts about five months. Never advise customers to mix old and new cells.</p>
      <p>With external power, anything from 9 to 30 V DC will do. The brown wire is positive, and the screen of the cable is connected at the logger end only.</p>
      <h2>Status light</h2>
      <table>
        <thead><tr><th>Light</th><th>Meaning</th><th>What to tell the customer</th></tr></thead>
        <tbody>
          <tr><td>one green flash every 10 s</td><td>all is well</td><td>nothing</td></tr>
          <tr><td>two amber flashes</td><td>humidity sensor wet for more than six hours</td><td>wait a day, then change the filter cap</td></tr>
          <tr><td>three amber flashes</td><td>supply below 8.5 V</td><td>check the pack and the cable length</td></tr>
          <tr><td>steady red</td><td>wind path blocked</td><td>look for nests and ice, wipe the reflector plate</td></tr>
          <tr><td>red and green in turn</td><td>firmware update running</td><td>do not disconnect for four minutes</td></tr>
        </tbody>
      </table>
      <h2>Resetting</h2>
      <ol>
        <li>Disconnect the supply for 20 seconds.</li>
        <li>Hold the magnet to the dot beside the flange while connecting it again.</li>
        <li>Keep it there until the light flashes green five times. Addresses and logging interval return to the factory values; calibration coefficients are kept.</li>
      </ol>
      <h2>Birds</h2>
      <p>A set of bird spikes, part RW-0940, is free for anyone who asks politely. Spikes do not impress jackdaws.</p>
"""),
    "products/sedge-rain-gauge.html": (
        "Sedge rain gauge", "2026-02-27", "Product team Rain", """
      <p>Sedge is a tipping-bucket rain gauge for people who would rather not look at it for a year. It has one moving part and 62 years of ancestors.</p>
      <h2>Figures</h2>
      <table>
        <thead><tr><th>Property</th><th>Value</th></tr></thead>
        <tbody>
          <tr><td>Collecting area</td><td>200 cm²</td></tr>
          <tr><td>Resolution</td><td>0.2 mm per tip</td></tr>
          <tr><td>Greatest intensity</td><td>480 mm/h</td></tr>
          <tr><td>Heated version, power</td><td>70 W at 24 V</td></tr>
          <tr><td>Weight, unheated</td><td>2.6 kg</td></tr>
        </tbody>
      </table>
      <h2>Setting it up</h2>
      <p>Choose a place at least twice as far from any obstacle as the obstacle is high. The rim stands 1.0 m above the ground and is level to within half a degree; the bubble under the funnel shows it.</p>
      <p>Remove the foam block from under the bucket. About one call in six to the support line ends with the foam block.</p>
      <h2>Field check</h2>
      <p>Pour one litre of water through the check bottle, which takes about 50 minutes. A healthy Sedge counts 250 tips, and anything between 245 and 255 passes. If the count is low, clean the bucket pivots with the brush supplied; never oil them.</p>
      <h2>Maintenance</h2>
      <ul>
        <li>Every month from April to October: empty the leaf basket.</li>
        <li>Every six months: wipe the funnel with a damp cloth, without detergent.</li>
        <li>Every 24 months: calibration on the rain bench.</li>
      </ul>
      <h2>Snow</h2>
      <p>The heater starts when the funnel is colder than 4 °C. Below minus 20 °C it cannot keep up, and the data should be marked as doubtful.</p>
"""),
    "it/getting-help.html": (
        "Getting help from IT", "2026-01-15", "IT", """
      <p>The IT desk is in A1.06. It is staffed on working days from 07:30 to 17:30, and its extension is 2400. Outside these hours the gatehouse on 2999 reaches the person on call if production or safety is affected.</p>
      <h2>The best way to ask</h2>
      <p>Open a ticket in Lantern. Write what you wanted to do, what you saw instead and whether it worked before. A photograph of the screen is worth more than the words &ldquo;it is broken&rdquo;.</p>
      <h2>How fast we react</h2>
      <table>
        <caption>Response and repair targets, counted in desk hours</caption>
        <thead><tr><th>Priority</th><th>Example</th><th>First answer</th><th>Fixed within</th></tr></thead>
        <tbody>
          <tr><td>1 Critical</td><td>a production line or the vault is down</td><td>15 minutes</td><td>4 hours</td></tr>
          <tr><td>2 High</td><td>a team cannot work</td><td>1 hour</td><td>1 working day</td></tr>
          <tr><td>3 Normal</td><td>one person is hindered</td><td>4 hours</td><td>3 working days</td></tr>
          <tr><td>4 Wish</td><td>something could be better</td><td>2 working days</td><td>by agreement</td></tr>
        </tbody>
      </table>
      <p>Priority 1 is worked on around the clock. The desk sets the priority; if you think it is wrong, say so in the ticket and the Head of IT, Joris Amblecote, decides.</p>
      <h2>Printers</h2>
      <p>Printing follows you: send the job, then hold your badge to any printer. Jobs that nobody collects are deleted after 24 hours. Labels for serial numbers come only from the two printers in B0.06.</p>
      <h2>Meeting technology</h2>
      <p>If a screen in a meeting room fails ten minutes before customers arrive, ring 2400 and say &ldquo;guests&rdquo;. Somebody will run.</p>
"""),
    "operations/shipping.html": (
        "Shipping instruments", "2026-03-05", "Logistics", """
      <p>Dispatch is in D0.02, extension 2350. Bring or book your parcel early in the day and everything else will follow.</p>
      <h2>Cut-off times</h2>
      <table>
        <thead><tr><th>Destination</th><th>Ready by</th><th>Usual transit</th><th>Carrier service</th></tr></thead>
        <tbody>
          <tr><td>Home country</td><td>15:00</td><td>1 working day</td><td>Parcel</td></tr>
          <tr><td>Tannbruck, internal</td><td>13:15</td><td>overnight</td><td>Works van, Monday to Thursday</td></tr>
          <tr><td>Europe</td><td>14:30</td><td>2 to 4 working days</td><td>Road express</td></tr>
          <tr><td>Overseas by air</td><td>11:00</td><td>3 to 7 working days</td><td>Air</td></tr>
          <tr><td>Overseas by sea</td><td>Wednesday 10:00</td><td>5 to 8 weeks</td><td>Groupage container</td></tr>
        </tbody>
      </table>
      <h2>Packing</h2>
      <p>Rowan and Teasel travel in their own foam. Outer cartons are double-walled, and between carton and instrument there are at least 60 mm of padding on every side. Mark sensors with a membrane &ldquo;do not invert&rdquo;.</p>
      <h2>Batteries</h2>
      <p>Battery packs are packed with the instrument, terminals covered, and the carton carries the lithium label with Dispatch&rsquo;s telephone number. A damaged pack is never sent; take it to the sand bucket in D0.08 and ring 2350. Only the three colleagues with a dangerous-goods certificate may close a carton with loose packs.</p>
      <h2>Papers</h2>
      <ul>
        <li>Outside the customs union: three copies of the commercial invoice with tariff number and weight.</li>
        <li>Repairs: the words &ldquo;returned goods, no sale&rdquo; and the value for customs.</li>
        <li>Heritage barometers: the mercury declaration, signed by Wilhelmina Roe. They never fly.</li>
      </ul>
      <h2>Insurance</h2>
      <p>Shipments are insured automatically up to &euro;20,000. Above that, tell Finance by noon on the day before.</p>
"""),
    "safety/first-aid.html": (
        "First aid", "2026-02-05", "Safety Officer", """
      <p><strong>Ring 2111 for first aid on any site telephone.</strong> From a mobile phone ring the gatehouse on the public number with the ending 2999. The gatehouse calls the ambulance, opens the barrier and sends somebody to the road.</p>
      <h2>First-aiders</h2>
      <table>
        <thead><tr><th>Building</th><th>First-aider</th><th>Extension</th><th>Usual place</th></tr></thead>
        <tbody>
          <tr><td>A Chandler House</td><td>Rosheen Abara</td><td>2503</td><td>A0.04</td></tr>
          <tr><td>B Works, early shift</td><td>Gethin Moravec</td><td>2136</td><td>B0.12</td></tr>
          <tr><td>B Works, late shift</td><td>Solveig Anand</td><td>2139</td><td>B0.12</td></tr>
          <tr><td>C Calibration Hall</td><td>Thandeka Lyle</td><td>2346</td><td>C0.06</td></tr>
          <tr><td>D Stores and Dispatch</td><td>Søren Aakjær-Pohl</td><td>2358</td><td>D0.03</td></tr>
          <tr><td>Brenn Moor</td><td>Fergus Ailing</td><td>2700</td><td>hut</td></tr>
          <tr><td>Tannbruck</td><td>Leonie Brix-Sarro</td><td>3108</td><td>T0.05</td></tr>
        </tbody>
      </table>
      <h2>Defibrillators</h2>
      <p>There are four: in the lobby of Chandler House, in the canteen corridor B0.01, at the entrance of the Calibration Hall and in the hut at Brenn Moor. The cabinets are not locked. Opening one rings the gatehouse.</p>
      <h2>After an accident</h2>
      <ol>
        <li>Look after the person first. Machines wait.</li>
        <li>Write the accident in the first-aid book beside the box, however small it was.</li>
        <li>If the person is away from work for more than three days, the Safety Officer informs the authority; she needs your account within 24 hours.</li>
      </ol>
      <h2>Eyes and skin</h2>
      <p>Eye-wash bottles hang at the plating bench and in D0.07. Rinse for 15 minutes, longer than you think you need.</p>
      <h2>Becoming a first-aider</h2>
      <p>The course takes two days and is repeated every two years. First-aiders receive &euro;30 a month.</p>
"""),
    "travel/going-to-brenn-moor.html": (
        "Going to Brenn Moor", "2025-12-15", "Station warden", """
      <p>Brenn Moor is our weather station at 687 m, an hour and a quarter from Quernside when the pass is kind. Eleven people work there, five of them at any one time. The station telephone is 2700.</p>
      <h2>Before you go</h2>
      <ul>
        <li>Tell the warden at least two working days ahead. Beds are limited to eight.</li>
        <li>New visitors watch the twelve-minute safety film and sign form S-3.</li>
        <li>Seats in the shuttle are booked separately; the timetable is on the Travel pages.</li>
      </ul>
      <h2>What to bring</h2>
      <table>
        <thead><tr><th>Item</th><th>Provided by the station</th><th>Bring your own</th></tr></thead>
        <tbody>
          <tr><td>Weatherproof jacket</td><td>sizes S to XXL</td><td>if you like your own</td></tr>
          <tr><td>Boots</td><td>no</td><td>yes, above the ankle</td></tr>
          <tr><td>Head torch</td><td>yes</td><td>no</td></tr>
          <tr><td>Sleeping bag liner</td><td>no</td><td>yes</td></tr>
          <tr><td>Food</td><td>everything</td><td>sweets are welcome</td></tr>
        </tbody>
      </table>
      <h2>Overnight</h2>
      <p>Guests sleep in the north room. Lights out in the corridor is at 22:30, because the night observer has to see the sky. Breakfast is at 06:45, after the first observation.</p>
      <h2>Telephone and network</h2>
      <p>There is no mobile coverage east of the fence. The hut has wireless; large uploads wait until after midnight, when the radio link is free. The link carries 40 Mbit/s for everybody together.</p>
      <h2>House rules</h2>
      <p>Nothing that flies is flown without the warden&rsquo;s consent, since the wind profiler sees drones as weather. Dogs stay in the valley from 1 April to 31 July, when curlews and lapwings are nesting.</p>
"""),
    "people/pay-and-reviews.html": (
        "Pay and yearly conversation", "2026-03-18", "People team", """
      <h2>Pay day</h2>
      <p>Salaries are paid on the 27th of each month, or on the last working day before it. December&rsquo;s salary is paid on the 18th. Pay slips appear in Roster two days earlier; Payroll is in A2.11, extension 2230.</p>
      <h2>The yearly conversation</h2>
      <p>Once a year, between 15 January and 31 March, you and your manager take ninety minutes for a conversation about the past year and the next one. Both write half a page beforehand. There are no grades.</p>
      <h2>Pay review</h2>
      <p>Salaries are reviewed with effect from 1 April. The letter reaches you by 20 April. If you disagree, you can ask the pay panel to look again until 15 May; the panel has three members, one of them chosen by staff.</p>
      <h2>Pay bands</h2>
      <table>
        <caption>Monthly gross pay for 37.5 hours, from 1 April 2026</caption>
        <thead><tr><th>Band</th><th>Typical roles</th><th>From</th><th>To</th></tr></thead>
        <tbody>
          <tr><td>1</td><td>Apprentices by year</td><td>€1,080</td><td>€1,390</td></tr>
          <tr><td>2</td><td>Stores, canteen, assembly</td><td>€2,450</td><td>€2,980</td></tr>
          <tr><td>3</td><td>Skilled assembly, accounts, support</td><td>€2,900</td><td>€3,620</td></tr>
          <tr><td>4</td><td>Engineers, calibration scientists</td><td>€3,600</td><td>€4,850</td></tr>
          <tr><td>5</td><td>Team leads, senior engineers</td><td>€4,500</td><td>€6,100</td></tr>
          <tr><td>6</td><td>Heads of Department</td><td>€5,900</td><td>€8,200</td></tr>
        </tbody>
      </table>
      <h2>Profit share</h2>
      <p>Eight per cent of the operating profit is shared equally among everyone who was employed for the whole year, whatever their band, and is paid in May. For 2025 the share was &euro;1,312 each.</p>
      <h2>Jubilees</h2>
      <p>After 10 years you receive an extra month&rsquo;s leave once, and after 25 years a barometer you may choose from the heritage workshop.</p>
      <h2>Company pension</h2>
      <p>The company adds 60 cents to each euro you pay into the pension plan, up to 4 % of your salary.</p>
"""),
}


def build(out):
    for path, (title, updated, owner, body) in PAGES.items():
        out.text(path, page(path, title, updated, owner, body))
