"""The announcements and one exchange of messages in the sample handbook."""

import email.policy
from email.message import EmailMessage
from email.utils import format_datetime
import datetime

import docx_docs
from packages import repack

OFFSET = datetime.timezone(datetime.timedelta(hours=1))


def message(ident, when, sender, to, subject, text, *, html=None, reply_to=None, attach=None):
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["Return-Path"] = "<" + sender.split("<")[1].rstrip(">") + ">"
    mail["Received"] = f"from hub.quernside.example by mx2.quernside.example with ESMTPS id {ident}; " + format_datetime(when)
    mail["Date"] = format_datetime(when)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{ident}@quernside.example>"
    if reply_to:
        mail["In-Reply-To"] = mail["References"] = f"<{reply_to}@quernside.example>"
    mail.set_content(text, cte="quoted-printable")
    if html:
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
    for name, maintype, subtype, data in attach or []:
        mail.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    for number, part in enumerate(p for p in mail.walk() if p.is_multipart()):
        part.set_boundary(f"=_{ident}_{number}")
    return mail.as_bytes()


def at(year, month, day, hour, minute):
    return datetime.datetime(year, month, day, hour, minute, tzinfo=OFFSET)


EVERYONE = "Everyone in Quernside <all@quernside.example>"

CANTEEN = """Dear all,

from Monday, 16 March 2026, the canteen opens half an hour earlier, at 06:30, so that the early shift can have breakfast before the first break.

Lunch is served from 11:30 to 13:45. The last warm order is at 13:30. The late shift finds its meals in the cabinet as before.

A main course costs €4.90 for staff and €7.50 for guests. Apprentices pay €2.50. Payment is by badge; the till no longer takes cash.

On Thursdays there is fish from the lake, if the lake agrees.

Rosheen Abara
Facilities, extension 2503
"""

TORQUE = """Hello Leonie,

thank you for asking before tightening. The right value is 8 Nm. The 12 Nm in the old wall chart belong to the bracket of Rowan 2, which had a steel liner. Please take the chart down; a new one is on its way with tonight's van.

If a bracket has already been tightened to 12 Nm, replace the liner, part RW-0266, even if no crack can be seen. Eleven of them were sent to you this morning.

Best wishes,
Amaury

-- 
Amaury Delacroix-Stead
Product owner Rowan, extension 2412

On Mon, 16 Feb 2026 at 09:12, Leonie Brix-Sarro wrote:
> Dear Amaury,
>
> the wall chart in our workshop says 12 Nm for the mast bracket, but the
> young man on the telephone said 8. Which one is it? We have two stations
> on the bench that should leave on Wednesday.
>
> Kind regards from Tannbruck
> Leonie
"""

OPEN_DAY = """Dear colleagues,

our open day is on Sunday, 20 September 2026, from 10:00 to 17:00. We expect about 1,400 guests, as in 2024, and nicer weather.

Sixty helpers are needed. Each helper receives a day off in lieu, a meal and a frog made of chocolate. The rota is attached as a table; write your name to Nerys Calder-Ito, extension 2421, by 14 August.

The Works shows the presses at 11:00 and 15:00. The wind tunnel takes visitors from the age of eight, ten at a time, and hats are left outside.

Please park at the school that day; the shuttle boat runs every 20 minutes.

The open day team
"""

ROTA = """station,from,to,helpers,lead
Gatehouse and parking,08:30,13:00,8,Gethin Moravec
Gatehouse and parking,13:00,17:30,8,Solveig Anand
Wind tunnel C0.09,09:30,13:30,5,Ilse Brandvold
Wind tunnel C0.09,13:30,17:30,5,Thandeka Lyle
Rain bench,09:30,17:30,4,Pádraig Umeh
Children's barometer workshop,10:00,16:30,9,Wilhelmina Roe
Shuttle boat,09:30,18:00,4,Søren Aakjær-Pohl
Kitchen and cakes,08:00,18:00,17,Rosheen Abara
"""

BOATHOUSE = """Dear all,

slip 1 at the boathouse will be repaired from 18 May to 19 June 2026. The plan of works is attached. Slip 2 stays open throughout.

Rowing on Wednesdays takes place, but please launch one boat at a time.

Questions to Björn Castellane-Webb, extension 2507.

Facilities
"""

PHISHING = """Dear all,

on 11 and 12 March we sent all 236 of us a forged message about a parcel. 26 people followed the link, which is 11 per cent, after 19 per cent a year ago. 84 people reported it, the first after 47 seconds.

The department with the most reports was Stores and Dispatch. They receive the breakfast basket, which will be handed over on Friday at 09:30 in D0.02.

The next exercise comes before the end of November. We shall not say when.

Joris Amblecote, Head of IT
"""

PHISHING_HTML = """<html><body style="font-family:sans-serif">
<p>Dear all,</p>
<p>on 11 and 12 March we sent all 236 of us a forged message about a parcel. <b>26 people followed the link</b>, which is 11 per cent, after 19 per cent a year ago. 84 people reported it, the first after 47 seconds.</p>
<p>The department with the most reports was Stores and Dispatch. They receive the breakfast basket, which will be handed over on Friday at 09:30 in D0.02.</p>
<p>The next exercise comes before the end of November. We shall not say when.</p>
<p>Joris Amblecote, Head of IT</p>
</body></html>
"""

WATER = """Dear all in Buildings B and C,

the main water valve in the lane will be replaced on Saturday, 23 May 2026. There will be no water in Buildings B and C from 07:00 to about 14:00. Sprinklers in Building D are not affected.

The dew-point bath is switched off on Friday at 17:00 by the Calibration Hall. If you plan work at the weekend, tell the gatehouse on 2999.

Facilities
"""


def build(out):
    out.bytes("mail/2026-02-16-mast-bracket-torque.eml", message(
        "20260216-1104-rw3", at(2026, 2, 16, 11, 4), "Amaury Delacroix-Stead <amaury.delacroix-stead@quernside.example>",
        "Leonie Brix-Sarro <leonie.brix-sarro@quernside.example>", "Re: Rowan 3 mast bracket, which torque?", TORQUE,
        reply_to="20260216-0912-tb"))
    out.bytes("mail/2026-03-09-canteen-hours.eml", message(
        "20260309-0800-fac", at(2026, 3, 9, 8, 0), "Facilities <facilities@quernside.example>", EVERYONE,
        "Canteen: earlier breakfast, new prices", CANTEEN))
    out.bytes("mail/2026-03-30-parcel-exercise.eml", message(
        "20260330-1415-it", at(2026, 3, 30, 14, 15), "Joris Amblecote <joris.amblecote@quernside.example>", EVERYONE,
        "The parcel that was not: results 🎣", PHISHING, html=PHISHING_HTML))
    out.bytes("mail/2026-05-04-boathouse-slip.eml", message(
        "20260504-0930-fac", at(2026, 5, 4, 9, 30), "Facilities <facilities@quernside.example>", EVERYONE,
        "Boathouse: slip 1 closed from 18 May", BOATHOUSE,
        attach=[("plan-of-works.docx", "application", "vnd.openxmlformats-officedocument.wordprocessingml.document",
                 repack(docx_docs.boathouse(), "2026-05-04"))]))
    out.bytes("mail/2026-05-12-water-off.eml", message(
        "20260512-1540-fac", at(2026, 5, 12, 15, 40), "Facilities <facilities@quernside.example>",
        "Buildings B and C <bc@quernside.example>", "No water on Saturday, 23 May", WATER))
    out.bytes("mail/2026-05-18-open-day.eml", message(
        "20260518-1000-od", at(2026, 5, 18, 10, 0), "Nerys Calder-Ito <nerys.calder-ito@quernside.example>", EVERYONE,
        "Open day on 20 September: we need sixty helpers", OPEN_DAY,
        attach=[("rota.csv", "text", "csv", ROTA.encode("utf-8"))]))
