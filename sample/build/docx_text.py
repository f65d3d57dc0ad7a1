"""The text of the word-processor documents; `docx_docs` writes them."""

PARENTAL = {
    "title": "Parental leave", "author": "People team", "date": "2026-02-18", "code": "P-09, 18 February 2026",
    "blocks": [
        ("p", "This guideline is for everyone who becomes a parent, by birth, adoption or fostering, whatever the family looks like. "
              "Where the law gives you more than this page, the law wins."),
        ("h1", "Around the birth"),
        ("p", "The parent who gives birth has 18 weeks of leave on full pay, of which at least six are taken after the birth. The "
              "other parent has six weeks on full pay, to be taken in blocks of at least one week within the first year."),
        ("p", "Tell the People team when you are ready, and at the latest 15 weeks before the expected date. From that day a colleague "
              "who works with solvents, lifting or the climate chambers is offered other work at the same pay."),
        ("h1", "Longer leave"),
        ("p", "Either parent can stay at home until the child's third birthday. Apply in writing ten weeks before the leave begins. "
              "Your post, or one of equal pay and standing, is kept for you."),
        ("h2", "Working a little"),
        ("p", "You may work up to 15 hours a week during longer leave. Many people use this for training days and team meetings."),
        ("h2", "Keeping in touch"),
        ("ul", [
            "You keep your mailbox and, if you like, your laptop.",
            "Nobody will ring you about work unless you have asked for it.",
            "You are invited to the summer fête and the December cake as usual.",
        ]),
        ("h1", "Coming back"),
        ("ol", [
            "Three months before your return you agree hours and tasks with your manager.",
            "In the first four weeks you may work 60 % of your hours on 80 % of your pay.",
            "The room A1.15 is reserved for nursing and has a refrigerator and a lock on the inside.",
        ]),
        ("h1", "At a glance"),
        ("table", [
            ("Situation", "Leave on full pay", "Tell us"),
            ("You give birth", "18 weeks", "15 weeks before"),
            ("Your partner gives birth", "6 weeks", "15 weeks before"),
            ("Adoption or fostering, child under 8", "14 weeks", "as soon as you know"),
            ("Stillbirth after week 20", "as for a birth", "whenever you can"),
        ]),
        ("p", "Children of staff have priority for eleven places in the nursery on Chapel Lane. The company pays €140 a month towards "
              "each place until the child is three."),
    ],
}

VEHICLES = {
    "title": "Company vehicles", "author": "Facilities", "date": "2025-10-06", "code": "O-14, 6 October 2025",
    "blocks": [
        ("p", "Quernside has eleven pool vehicles. They are booked in Roster, and the keys hang in the cabinet at the gatehouse, which "
              "opens with your badge fifteen minutes before your booking."),
        ("h1", "Who may drive"),
        ("p", "You may drive a pool vehicle if you have held a licence for at least two years and have shown it to Facilities within the "
              "last six months. Drivers under 21 may not tow. The mast truck is driven only by the four colleagues named on its key."),
        ("h1", "The vehicles"),
        ("table", [
            ("Type", "Number", "Seats", "Range or tank", "Towing"),
            ("Small electric car", "4", "5", "310 km", "no"),
            ("Estate car, diesel", "3", "5", "900 km", "1500 kg"),
            ("Van, electric", "2", "3", "260 km", "no"),
            ("Van, four-wheel drive", "1", "6", "750 km", "2200 kg"),
            ("Mast truck", "1", "2", "600 km", "3500 kg"),
        ]),
        ("h1", "On the way"),
        ("ul", [
            "Take a break of 20 minutes after two and a half hours at the wheel.",
            "Telephone only when the vehicle stands still. That includes hands-free.",
            "After more than ten hours of work and driving together, stay overnight; no approval is needed.",
            "Winter tyres are fitted from 15 October to 15 April.",
        ]),
        ("h1", "Fuel and charging"),
        ("p", "The card in the sun visor pays for fuel, charging and car washes. Its code is the last four digits of the odometer at the "
              "last service, which is written on the sticker in the door. Return electric vehicles plugged in and others at least half full."),
        ("h1", "Damage"),
        ("ol", [
            "Secure the place and help anyone who is hurt.",
            "Call the police if a person is injured, if others are involved or if an animal was hit.",
            "Fill in the accident form in the glove box and photograph everything.",
            "Tell Facilities on 2500 on the same day.",
        ]),
        ("p", "For careless damage the driver pays nothing the first time and up to €150 the second time. Fines are paid by whoever drove."),
        ("h1", "Private use"),
        ("p", "Pool vehicles may be used privately at weekends for €0.30 per kilometre, when free, and within 150 km of Quernside. "
              "Moving house is a popular reason; the four-wheel-drive van is excluded."),
    ],
}

MERCURY = {
    "title": "Working with mercury in the heritage workshop", "author": "Safety Officer", "date": "2025-05-26",
    "code": "S-11, 26 May 2025",
    "blocks": [
        ("p", "We no longer make mercury barometers, but we still look after those our grandparents made. The work is done in the "
              "heritage workshop, D0.07, by people named on the list at its door, and never alone."),
        ("h1", "Limits"),
        ("p", "The limit in the air of the workshop is 0.02 mg/m³ as a mean over eight hours. The meter beside the extraction hood "
              "sounds at half of that. When it sounds, cover open vessels, leave the extraction on and go out."),
        ("h1", "Rules of the room"),
        ("ul", [
            "Work in the enamel tray, under the hood, at no more than 22 °C.",
            "No gold rings, no food, no telephones.",
            "Open vessels hold at most 500 g at a time.",
            "Shoes stay in the room.",
        ]),
        ("h1", "If mercury is spilled"),
        ("p", "The spill kit hangs to the left of the door of D0.07; a second one is in the corridor at C0.11."),
        ("ol", [
            "Tell everyone in the room, and send them out by the door, not across the spill.",
            "Turn the extraction to full and close the inner door.",
            "Put on the mask, gloves and overshoes from the kit.",
            "Gather the drops with the card and draw them up with the syringe. Never use a brush or a vacuum cleaner.",
            "Scatter the zinc powder over what you cannot see, wait for 30 minutes and take it up with the damp sponge.",
            "Ring the Safety Officer on 2120. The room stays closed until she has measured less than 0.01 mg/m³ twice, an hour apart.",
        ]),
        ("p", "For more than 50 g outside the tray, skip steps 3 to 5, leave and ring 2999."),
        ("h1", "Health checks"),
        ("table", [
            ("Check", "How often", "Where"),
            ("Mercury in urine", "every 6 months", "works doctor, A0.09"),
            ("Conversation with the works doctor", "every 12 months", "works doctor, A0.09"),
            ("Fit of the mask", "every 24 months", "B0.09"),
        ]),
        ("h1", "Waste"),
        ("p", "Used zinc, gloves and broken glass go into the steel drum with the screw lid. It is collected in March and September. The "
              "drum is weighed each Friday, and the weight is entered on the sheet."),
    ],
}

RETURNS = {
    "title": "Returns from customers", "author": "Customer support", "date": "2026-01-22", "code": "O-21, 22 January 2026",
    "blocks": [
        ("p", "Instruments come back for three reasons: they are broken, they are due for calibration, or somebody ordered the wrong one. "
              "The first hour is the same for all."),
        ("h1", "Before anything is sent"),
        ("p", "Every return needs a return number, which support issues on 2600. It begins with RN and is valid for 45 days. Parcels without "
              "a return number wait on the grey shelf in D0.04 until someone has found out what they are, which takes a week on average."),
        ("h1", "Goods ordered by mistake"),
        ("p", "Unused instruments in their original carton are taken back within 30 days of delivery. The restocking charge is 10 % of the "
              "price, and at least €25. Instruments with a customer's engraving, and anything that has been on a mast, are not taken back."),
        ("h1", "On arrival"),
        ("ol", [
            "Photograph the parcel from two sides before opening it.",
            "Compare the serial number with the return number in Plumb.",
            "Check for dirt, salt and animals. Clean on the bench outside, not in the repair room.",
            "Attach the white card: return number, date, what the customer says, what you see.",
            "Place it on the shelf of the product: green for Foxtail and Sedge, blue for Rowan and Teasel, which go to Tannbruck.",
        ]),
        ("h1", "Times"),
        ("table", [
            ("Kind of return", "Receipt confirmed", "Answer to the customer", "Closed"),
            ("Repair under warranty", "1 working day", "3 working days", "10 working days"),
            ("Repair at cost", "1 working day", "5 working days", "10 working days after agreement"),
            ("Calibration", "1 working day", "not needed", "10 working days"),
            ("Ordered by mistake", "1 working day", "2 working days", "credit note within 14 days"),
        ]),
        ("h1", "What customers leave in the box"),
        ("p", "Private things found in a parcel are returned with the instrument, in an envelope. So far: a passport, a set of dentures, "
              "eleven pens, a love letter and a live hedgehog, which was released with the Works Manager's permission."),
    ],
}

CARDS = {
    "title": "Corporate cards", "author": "Finance", "date": "2025-09-29", "code": "F-03, 29 September 2025",
    "blocks": [
        ("p", "Sixty-four of us carry a corporate card. It is meant for travel and for purchases up to €500; everything else goes through "
              "an order."),
        ("h1", "Getting a card"),
        ("p", "Ask your Head of Department, who asks Finance. The card arrives at A3.02 after about two weeks, is collected in person and is "
              "activated at the counter. Its monthly limit is €2,000 for travellers and €800 for everyone else."),
        ("h1", "Using it"),
        ("ul", [
            "Upload the receipt in Chit within ten days of the purchase.",
            "Cash may be withdrawn only on trips of more than five days, and at most €150 a trip.",
            "Subscriptions are not put on a card, because nobody remembers to end them.",
            "Private purchases by mistake are repaid within seven days; tell Finance before they tell you.",
        ]),
        ("h1", "If a receipt is missing"),
        ("p", "After ten days Chit reminds you, after 20 it reminds your manager, and after 30 the card is blocked until the receipts are "
              "complete."),
        ("h1", "If the card is lost"),
        ("ol", [
            "Block it yourself in the bank's app, or ring the number on the sticker inside your badge holder, at any hour.",
            "Tell Finance on 2300 on the next working day.",
            "Check the last 30 days of payments. Disputes must be raised within 60 days.",
        ]),
        ("h1", "Limits by group"),
        ("table", [
            ("Group", "Monthly limit", "Single payment", "Cash"),
            ("Travellers", "€2,000", "€900", "€150 a trip"),
            ("Others", "€800", "€500", "none"),
            ("Trade fair team, during fairs", "€6,500", "€2,500", "€300 a fair"),
            ("Gatehouse emergency card", "€5,000", "€1,600", "none"),
        ]),
        ("p", "Give the card back to Finance when you change to a post that does not need one. It is cut in front of you, which some find moving."),
    ],
}

BOATHOUSE = {
    "title": "Repair of the boathouse slip: plan of works", "author": "Facilities", "date": "2026-05-04", "code": "4 May 2026",
    "blocks": [
        ("p", "Slip 1 has moved 11 cm towards the lake since 1974. It will be lifted, filled and paved again."),
        ("h1", "Stages"),
        ("table", [
            ("Stage", "Dates", "What is closed"),
            ("Fencing and divers", "18 to 22 May 2026", "slip 1"),
            ("Concrete", "25 May to 5 June 2026", "slip 1 and the path along the water"),
            ("Paving", "8 to 19 June 2026", "slip 1"),
            ("Reserve for bad weather", "22 to 26 June 2026", "nothing, if we are lucky"),
        ]),
        ("h1", "Noise"),
        ("p", "Drilling takes place between 09:00 and 11:30 only. The quiet room for pressure in Building C cannot be used during these hours."),
        ("h1", "Assembly point"),
        ("p", "From 25 May to 5 June the assembly point of Building C moves from the boathouse lawn to the weighbridge."),
    ],
}

DOCUMENTS = {
    "people/parental-leave.docx": PARENTAL,
    "travel/company-vehicles.docx": VEHICLES,
    "safety/mercury.docx": MERCURY,
    "operations/returns.docx": RETURNS,
    "finance/corporate-cards.docx": CARDS,
}
