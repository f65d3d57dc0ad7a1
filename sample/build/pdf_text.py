"""The text of the printed documents; `pdf_docs` sets it."""

FIRE = {
    "title": "Fire and evacuation plan", "author": "Safety Officer", "code": "S-01, issue 6, 9 January 2026",
    "running": "Quernside Instruments \u00b7 Fire and evacuation plan", "pages": 3, "font": ("Helvetica", "Helvetica-Bold"),
    "lead": "This plan covers the Quernside site, Buildings A to D and the boathouse. Tannbruck and Brenn Moor have plans of their "
            "own. Owner: Ngaire Pellow, Safety Officer, room B0.09, extension 2120.",
    "blocks": [
        ("h2", "1 If you discover a fire"),
        ("ol", [
            "Break the nearest call point. There are 46, and you are never more than 30 m from one.",
            "Warn the people near you by voice.",
            "Ring 2999 when you are safe, and say which building, which room and whether anyone is missing.",
            "Fight the fire only if it is smaller than a waste-paper basket, you have been trained, and the way out is behind you.",
        ]),
        ("h2", "2 When the alarm sounds"),
        ("p", "Leave at once by the nearest exit. Do not collect coats, instruments or laptops. Close doors, but do not lock them. "
              "Lifts stop at the ground floor by themselves and stay there with open doors."),
        ("p", "In the Works, press the red bar at the end of your cell as you pass; it stops the presses and the furnace. In the "
              "Calibration Hall, the dew-point bath is left as it is, since it shuts its own valve within 20 seconds."),
        ("h2", "3 Where to go"),
        ("table", (38, 62, 62), [
            ("Building", "Assembly point", "If the wind blows smoke there"),
            ("A Chandler House", "Flagpole in the east car park", "Gatehouse, road side"),
            ("B Works", "Flagpole in the east car park", "Gatehouse, road side"),
            ("C Calibration Hall", "Boathouse lawn", "Slip 2"),
            ("D Stores and Dispatch", "Weighbridge", "Boathouse lawn"),
            ("Boathouse", "Slip 2", "Boathouse lawn"),
        ]),
        ("p", "Report to the marshal at your assembly point, who carries a board with your building's letter. Stay until the incident "
              "leader says otherwise. Nobody goes back for anything, and nobody drives off the car park while engines are arriving."),
        ("page",),
        ("h2", "4 Marshals and the incident leader"),
        ("p", "Each floor has two marshals with orange waistcoats. They check rooms on the way out, including the toilets and the "
              "quiet room, and report to the incident leader at the gatehouse. The incident leader is the Works Manager, or the most "
              "senior shift lead when she is away."),
        ("p", "The target is that all four buildings are empty within four minutes of the alarm. In the drill of 16 October 2025 it "
              "took three minutes and forty seconds, and one cyclist in the showers was found by a marshal."),
        ("h2", "5 Colleagues who need help on the stairs"),
        ("p", "Evacuation chairs hang on the second and third floors of Chandler House, beside the east staircase. Anyone who may need "
              "one, for a week with a plaster cast or for good, agrees a personal plan with the Safety Officer. Two named helpers and "
              "two stand-ins belong to each plan. The refuge on each landing holds smoke back for 30 minutes and has a telephone that "
              "rings in the gatehouse."),
        ("h2", "6 Visitors"),
        ("p", "Hosts bring their visitors to the assembly point and stay with them. The gatehouse brings the visitors' list."),
        ("h2", "7 Tests and drills"),
        ("table", (58, 44, 60), [
            ("What", "How often", "Who"),
            ("Alarm sounders", "Wednesdays at 10:15", "Facilities"),
            ("Emergency lighting", "monthly", "Facilities"),
            ("Extinguishers", "every two years", "outside contractor"),
            ("Sprinklers in Building D", "every quarter", "outside contractor"),
            ("Full evacuation drill", "twice a year, once in darkness", "Safety Officer"),
        ]),
        ("p", "The weekly test lasts 20 seconds. If it goes on for longer, it is not a test."),
        ("page",),
        ("h2", "8 Special hazards"),
        ("p", "Hydrogen for the balloon shed is stored outside Building C in a locked cage, at most six cylinders at a time. The fire "
              "service has the key and a drawing. Lithium battery packs are kept in the ventilated cupboard in D0.08, which is "
              "emptied from outside. The heritage workshop holds up to four kilograms of mercury in D0.07; crews are told before they "
              "enter."),
        ("h2", "9 After the event"),
        ("p", "The incident leader gives the all-clear by three long blasts of the hand horn. The Safety Officer writes a report "
              "within five working days and posts it in the canteen. False alarms count: in 2025 there were seven, four of which "
              "were toast."),
        ("h2", "10 Hot work"),
        ("p", "Soldering at a bench is not hot work. Welding, brazing, grinding and roof work with a torch are. A permit is issued "
              "for one day and one place, and a watch is kept for 60 minutes after the last spark."),
        ("h2", "11 Changes since issue 5"),
        ("ul", [
            "Building D has its own assembly point, the weighbridge, because the lane was blocked in the drill of spring 2025.",
            "The hand horn replaces the loudspeaker, which nobody understood.",
            "The number of evacuation chairs has risen from two to four.",
        ]),
    ],
}

DATASHEET = {
    "title": "Rowan 3 compact weather station", "author": "Product team Stations", "code": "DS-RW3, revision E, 15 January 2026",
    "running": "Quernside Instruments \u00b7 Data sheet", "pages": 3, "font": ("Helvetica", "Helvetica-Bold"),
    "lead": "Six measurements, one flange, no moving parts. Rowan 3 is made for people who have to climb to their instruments and "
            "would rather do so once. This revision replaces revision D of March 2025.",
    "blocks": [
        ("h2", "1 Measurements"),
        ("table", (40, 44, 48, 34), [
            ("Quantity", "Range", "Accuracy", "Resolution"),
            ("Air temperature", "\u221240 to +60 \u00b0C", "\u00b10.2 \u00b0C", "0.01 \u00b0C"),
            ("Relative humidity", "0 to 100 %", "\u00b12 % up to 90 %", "0.1 %"),
            ("Air pressure", "500 to 1100 hPa", "\u00b10.3 hPa", "0.01 hPa"),
            ("Wind speed", "0 to 60 m/s", "\u00b10.3 m/s or 3 %", "0.1 m/s"),
            ("Wind direction", "0 to 360\u00b0", "\u00b13\u00b0 above 1 m/s", "1\u00b0"),
            ("Precipitation, radar", "0 to 200 mm/h", "\u00b110 %", "0.01 mm"),
        ]),
        ("p", "Accuracy is stated for two standard deviations in the middle of the range and includes drift over the first twelve "
              "months. Humidity is slower below freezing: the response time rises from 8 seconds at 20 \u00b0C to about two minutes "
              "at minus 20 \u00b0C."),
        ("h2", "2 Mechanics"),
        ("table", (60, 106), [
            ("Property", "Value"),
            ("Weight without cable", "1.9 kg"),
            ("Height and diameter", "318 mm, 150 mm"),
            ("Housing", "UV-stabilised polycarbonate, sea-water-resistant aluminium flange"),
            ("Protection", "IP66, with the connector fitted"),
            ("Mast diameter", "48 to 60 mm"),
            ("Tightening torque of the mast bracket", "8 Nm"),
        ]),
        ("page",),
        ("h2", "3 Power"),
        ("p", "Rowan 3 takes 9 to 30 V DC. In normal operation it draws 12 mA at 12 V. The heater of the marine version needs "
              "another 1.6 A and switches off below 10.5 V to protect the battery of the site."),
        ("p", "With the RB-3 battery pack, the operating life is 14 months at one reading every ten minutes and 20 \u00b0C. The life "
              "falls by a third at minus 20 \u00b0C. The figure was measured on twelve instruments at Brenn Moor between October 2024 "
              "and December 2025 and replaces the earlier estimate."),
        ("h2", "4 Communication"),
        ("table", (46, 60, 60), [
            ("Interface", "Rate", "Cable length"),
            ("SDI-12", "1200 baud", "up to 60 m"),
            ("RS-485", "1200 to 115,200 baud", "up to 1000 m"),
            ("Short-range radio", "one message a minute", "up to 3 km in open country"),
        ]),
        ("p", "The factory setting is RS-485 at 19,200 baud, address 1. Readings are averaged as the customer chooses, from one "
              "second to one hour. Wind is always sampled four times a second, and the gust is the highest mean over three seconds."),
        ("h2", "5 Versions"),
        ("table", (34, 88, 44), [
            ("Order code", "Version", "In production since"),
            ("RW3-S", "Standard", "May 2021"),
            ("RW3-M", "Marine, heated wind sensor, grade 316 fittings", "February 2022"),
            ("RW3-L", "Light, without precipitation", "September 2023"),
            ("RW3-U", "Urban, with sound level", "January 2026"),
        ]),
        ("page",),
        ("h2", "6 Installation"),
        ("ol", [
            "Fit the bracket at the top of the mast, with nothing higher within 10 m.",
            "Turn the arrow on the flange to north. The compass in the lid is good to five degrees; use the sun if you need better.",
            "Tighten the two bolts in turn, a quarter turn at a time, to 8 Nm. More will crack the liner.",
            "Leave a drip loop of at least 200 mm in the cable.",
            "Remove the yellow transport cap from the humidity sensor. Instruments measure very constant humidity with the cap on.",
        ]),
        ("h2", "7 Maintenance"),
        ("table", (62, 62, 42), [
            ("Task", "Interval", "Tool"),
            ("Wipe the reflector plate", "6 months", "soft cloth"),
            ("Change the humidity filter cap", "12 months, 6 months at sea", "none"),
            ("Check the torque of the bracket", "12 months", "torque wrench"),
            ("Calibrate", "12 months", "Calibration Hall"),
        ]),
        ("h2", "8 Conformity"),
        ("p", "The declaration of conformity is number QI-0318. Copies are kept in the Stacks. The instrument contains no mercury, "
              "no radioactive source and no laser. Its packaging is made of card and cornstarch, and may be composted."),
        ("h2", "9 Ordering"),
        ("p", "Each Rowan 3 comes with bracket, 5 m of cable, works certificate and one spare filter cap. Prices are in the current "
              "price list. Product owner: Amaury Delacroix-Stead, extension 2412."),
    ],
}

TEASEL = {
    "title": "Teasel calibration manual", "author": "Calibration Hall", "columns": 2, "pages": 3,
    "code": "CM-TS2, issue 4, 2 March 2026", "running": "Quernside Instruments \u00b7 Calibration manual",
    "lead": "For the staff of the Calibration Hall and of the service centre in Tannbruck. Issue 4 replaces issue 3 of June 2023. "
            "Responsible: Dr Ilse Brandvold, Head of Calibration.",
    "blocks": [
        ("h2", "1 Principle"),
        ("p", "Teasel measures how long a pulse of sound takes to cross the air between two transducers, once with the wind and once "
              "against it. The difference gives the wind along that path, and the sum gives the speed of sound and from it the "
              "temperature. Three paths, set at 120 degrees to each other, are enough to know the horizontal wind without moving "
              "anything but air."),
        ("p", "It follows that only two things can go wrong with the geometry: the length of a path and its direction. Both are fixed "
              "when the head is cast and change only if somebody drops it. Most of what we do here is to make sure that nobody did."),
        ("h2", "2 Before you begin"),
        ("p", "The instrument rests in the hall for at least 12 hours. Inspect the transducers with a lens at tenfold magnification; "
              "a membrane with a scratch is replaced before the calibration, never afterwards. Measure each path with the gauge "
              "block. The nominal length is 112.5 mm, and a path that differs by more than 0.2 mm sends the head to Tannbruck."),
        ("p", "Load the firmware named on the order. If the order names none, load the current release and write its number on the "
              "record sheet. Calibration coefficients are erased when the major version changes, so read them out first."),
        ("h2", "3 Zero wind"),
        ("p", "Place the head in the zero-wind box, close the lid and wait for 20 minutes. Then record the three components for ten "
              "minutes. The mean of each must lie within 0.03 m/s of zero and its scatter must be smaller than 0.05 m/s. If one "
              "component fails, turn the head by 120 degrees and repeat. A fault that turns with the head belongs to the instrument; "
              "a fault that stays belongs to the box."),
        ("h2", "4 Wind tunnel"),
        ("p", "Use the large tunnel in C0.09 for the full range and the small one in C0.11 only below 15 m/s. Mount the head with the "
              "north mark towards the contraction. The blockage correction for the large tunnel is 0.4 per cent, and the software "
              "applies it; do not apply it twice."),
        ("p", "Run the points upwards and then downwards. After each change of speed wait for 90 seconds, then average for 60."),
        ("table", (20, 24, 26), [
            ("Point", "Speed, m/s", "Tolerance, m/s"),
            ("1", "2", "0.10"), ("2", "5", "0.12"), ("3", "10", "0.15"), ("4", "15", "0.20"),
            ("5", "20", "0.28"), ("6", "30", "0.45"), ("7", "40", "0.60"),
        ]),
        ("p", "If the upward and the downward run differ by more than half the tolerance, the tunnel has not settled. Stop, let it "
              "run at 10 m/s for a quarter of an hour, and begin the table again."),
        ("h2", "5 Direction"),
        ("p", "At 10 m/s turn the head through the full circle in steps of 15 degrees. The error of direction may not exceed two "
              "degrees at any step. Expect a small dip in speed each time an arm shadows a path; up to 1.5 per cent is "
              "normal and is corrected by the internal table. Larger dips point to a bent arm."),
        ("h2", "6 Temperature"),
        ("p", "Sonic temperature is compared with the reference thermometer at three points, minus 10, plus 20 and plus 40 degrees, "
              "in climate chamber 4. Allow two hours at each point. The tolerance is half a degree. Since humidity changes the speed "
              "of sound, keep the chamber at 45 per cent at the two upper points."),
        ("h2", "7 Adjustment"),
        ("p", "Adjust only what fails. An instrument that is within tolerance is left as found, because its history is worth more "
              "than its last digit. If you adjust, print the values before and after, and keep both. After an adjustment, sections 3 "
              "and 4 are repeated in full and section 5 at four directions."),
        ("p", "The path lengths are entered with a service key. Two keys exist, one in the safe of C0.04 and one in Tannbruck. Sign "
              "the key book, and return the key the same day."),
        ("h2", "8 Records"),
        ("p", "Enter the results in the vault before the instrument leaves the bench. The record needs the serial number, the "
              "firmware, the as-found and as-left values, the reference instruments with their certificate numbers, the air pressure "
              "at the start, and two names. The second name is that of a colleague who has looked at the curves and has not touched "
              "the instrument."),
        ("p", "The certificate is valid from the date of the last wind-tunnel point. We recommend a new calibration after 24 months, "
              "or after 12 months at sea. A Teasel that returns with salt in the drain holes is rinsed with distilled water and dried "
              "at 40 degrees for six hours before anything is measured, since crystals on a membrane shift the zero by as much as "
              "0.2 m/s."),
        ("h2", "9 Faults we have seen"),
        ("ul", [
            "Spiders in the upper arms. They prefer the path facing south-east. Use the soft brush.",
            "A zero that drifts in the afternoon: sunlight through the west window of C0.09. Draw the blind.",
            "Values that jump by exactly one wavelength: a transducer cable swapped at repair. Check the colours.",
            "Good results on Monday and poor ones on Tuesday: the hydrogen cage was being filled, and the door stood open.",
        ]),
        ("h2", "10 Reference instruments"),
        ("p", "The reference for speed is the Pitot tube P-7 with micromanometer M-3, compared with the national laboratory every 12 "
              "months. The reference for temperature is thermometer T-12. If a reference is overdue by even one day, the work stops "
              "and the Head of Calibration decides. Nobody else does."),
        ("p", "When a reference is found to have drifted, list the instruments calibrated with it since its last good check. Quality "
              "writes to each owner within ten working days. It has happened twice since 2004, and on both occasions the customers "
              "thanked us for the letter."),
        ("h2", "11 Ice test"),
        ("p", "Heated heads, order code TS2-H, are tested in climate chamber 5 at minus 15 degrees with a spray of two litres an hour "
              "for 30 minutes. The heater must keep all six transducers free without help. A head that needs longer than four minutes "
              "to clear itself after the spray ends is rejected."),
        ("h2", "12 Transport after calibration"),
        ("p", "Fit the blue arm protectors, lay the head in its own foam with the north mark upwards, and add the drying bag. The shock "
              "label goes on the inner box. If a head arrives with a red label, it is calibrated again at our cost, whatever the "
              "carrier says."),
        ("h2", "13 The small tunnel"),
        ("p", "The small tunnel was built by apprentices in 2012 from the fan of a grain dryer. Its working section measures 40 by 40 "
              "centimetres, so a Teasel fills more of it than we should like: the blockage correction is 2.3 per cent. Use it for "
              "training, for handheld instruments and for the points 2 and 5 when the large tunnel is being serviced."),
        ("p", "The large tunnel is serviced in the second week of February and of August. Plan no customers' orders in those two "
              "weeks. After a service the profile across the working section is measured with nine probes; the speed may not "
              "vary by more than 0.5 per cent between them."),
        ("h2", "14 Uncertainty"),
        ("p", "The uncertainty stated on the certificate is 0.06 m/s plus 0.7 per cent of the reading, for a coverage factor of two. "
              "The greatest share comes from the reference tube, the next from the swing of the head in the flow. If the mount has "
              "been changed, Quality works the figure out afresh before the next certificate is signed."),
        ("p", "Below 1 m/s we state no uncertainty and issue no certificate. A customer who needs such speeds is sent, with our good "
              "wishes, to the national laboratory, which has a tunnel as long as our street and a silence to match."),
        ("h2", "15 Training"),
        ("p", "A new colleague watches five calibrations, carries out ten under supervision and then signs alone as first name. To "
              "sign as second name takes a year. The list of names is kept in C0.04 and is checked at every audit."),
        ("p", "Anyone who has not calibrated a Teasel for six months carries out one on a retired head before touching a customer's. "
              "Head number 7 is kept for this purpose. It reads 0.4 m/s too high on the second path, and those who do not find that "
              "out begin again."),
    ],
}

QUALITY = {
    "title": "Quality manual", "author": "Quality", "code": "Q-00, issue 12, 1 December 2025",
    "running": "Quernside Instruments \u00b7 Quality manual", "pages": 3,
    "lead": "A short manual for a company that would rather measure than write. It says what we promise, who keeps the promise and "
            "how we notice when we did not. Owner: Quality, room C1.05, extension 2360.",
    "blocks": [
        ("h2", "1 What we promise"),
        ("p", "Every instrument that leaves the Works measures what its data sheet says, on the day it leaves and on the day it "
              "comes back. Where we are not sure, we state the doubt as a number. Where we were wrong, we say so before the customer "
              "finds out."),
        ("h2", "2 Who does what"),
        ("table", (54, 112), [
            ("Role", "Answers for"),
            ("Managing Director", "this manual, and the yearly management review in February"),
            ("Head of Quality", "audits, complaints, release of quarantined goods"),
            ("Head of Calibration", "reference instruments and certificates"),
            ("Works Manager", "assembly, final test, shift handover"),
            ("Product owners", "data sheets, changes of design, end of support"),
        ]),
        ("p", "The Head of Quality may stop a delivery without asking anyone. It happened three times in 2025, and the Managing "
              "Director said thank you each time, twice cheerfully."),
        ("h2", "3 Documents"),
        ("p", "Documents with a number live in the Stacks. A printed copy is valid on the day it was printed. Each document is read "
              "again by its owner at least every 24 months; if nothing has changed, the owner confirms it and the date moves on. A "
              "document that is 90 days overdue is marked with a yellow bar, and after 180 days it is withdrawn."),
        ("page",),
        ("h2", "4 Complaints"),
        ("p", "A complaint is anything a customer would not have said if all had been well. Whoever hears it enters it in Plumb the "
              "same day. The customer receives a name and a first answer within two working days and a result within 20."),
        ("table", (26, 74, 66), [
            ("Class", "Meaning", "What follows"),
            ("Red", "someone could be hurt, or a warning service has false data", "telephone at once, delivery stop, team within four hours"),
            ("Amber", "the instrument is outside its data sheet", "exchange or repair, cause found within 30 days"),
            ("White", "late, incomplete or unclear", "put right, counted, reviewed each quarter"),
        ]),
        ("p", "In 2025 we recorded 2 red, 41 amber and 133 white complaints. Of the amber ones, 17 came from the same batch of "
              "humidity filters, and the supplier has since changed the glue."),
        ("h2", "5 Finding causes"),
        ("p", "We ask why until the answer is something we can change. A cause is not a person. If the result reads \u201cthe operator "
              "should be more careful\u201d, the team has stopped too early, and Quality returns the form."),
        ("h2", "6 Final test"),
        ("p", "Stations run for 48 hours on the roof of Building B before final test, in whatever weather there is. Handheld "
              "instruments run for two hours in the rotating frame. One instrument in 40 is taken back from the packed goods and "
              "tested again in full by somebody else."),
        ("p", "The first-pass yield in 2025 was 96.2 per cent for Rowan, 93.8 for Teasel, 98.9 for Sedge and 99.4 for Foxtail. The "
              "target for Teasel in 2026 is 95."),
        ("page",),
        ("h2", "7 Audits"),
        ("p", "Each department is audited once a year by two colleagues from other departments. Auditors are trained for two days and "
              "may not audit the department they belonged to in the last three years. The plan is posted in January. The outside "
              "audit takes place in the second week of November; the present certificate runs until 30 November 2027."),
        ("h2", "8 Changes of design"),
        ("p", "A change that could alter a reading, however slightly, is tested on at least five instruments beside five unchanged "
              "ones, for 30 days at Brenn Moor. The product owner and the Head of Calibration both sign. Customers with a service "
              "contract are told 60 days before the changed instrument is delivered."),
        ("h2", "9 Measuring ourselves"),
        ("table", (84, 40, 42), [
            ("Figure", "Result 2025", "Target 2026"),
            ("Delivered on the day confirmed", "92.4 %", "94 %"),
            ("Repairs finished within ten working days", "91 %", "93 %"),
            ("Complaints for each 1000 instruments", "7.1", "6.0"),
            ("Certificates corrected after issue", "9", "5"),
            ("Near misses reported", "58", "more than 60"),
        ]),
        ("p", "The last line is the only one where a higher figure is better. A near miss that is reported costs us a quarter of an "
              "hour, and the other kind costs us more."),
        ("h2", "10 Suppliers"),
        ("p", "Suppliers of parts that touch the measurement are visited every three years. We score delivery, quality and honesty "
              "with five points each. Below nine points we look for a second source; at fifteen we send a barometer."),
    ],
}

REVIEW = {
    "title": "The year 2025 in figures", "author": "Finance Director", "code": "Yearly review, 26 February 2026",
    "running": "Quernside Instruments \u00b7 Yearly review for staff", "pages": 2,
    "lead": "Salma Terriss, Finance Director, for everyone who works here. The audited accounts follow in April; nothing in them "
            "should surprise you after these two pages.",
    "blocks": [
        ("h2", "How we did"),
        ("p", "We sold instruments and services for \u20ac41.3 million, 6 per cent more than in 2024. The operating profit was \u20ac3.87 "
              "million, after \u20ac3.52 million the year before. We employed 236 people at the end of the year, nine more than at its "
              "beginning."),
        ("table", (66, 34, 34, 32), [
            ("Million euros", "2024", "2025", "Change"),
            ("Stations (Rowan)", "14.9", "16.4", "+10 %"),
            ("Wind (Teasel)", "8.8", "9.1", "+3 %"),
            ("Rain (Sedge)", "4.1", "3.9", "\u22125 %"),
            ("Handheld (Foxtail)", "3.6", "3.8", "+6 %"),
            ("Calibration and repair", "6.2", "6.7", "+8 %"),
            ("Heritage and other", "1.4", "1.4", "0 %"),
            ("Total", "39.0", "41.3", "+6 %"),
        ]),
        ("p", "Rain fell short because a large order from a road authority moved into 2026. It has since been signed: 640 heated "
              "Sedges, to be delivered by the end of September."),
        ("h2", "Where the money went"),
        ("p", "We invested \u20ac2.9 million. The two largest items were climate chamber 5, at \u20ac780,000, and the solar roof of Building "
              "D, at \u20ac415,000. The roof has produced 22 per cent of our electricity since June."),
        ("p", "Research and development took 11 per cent of sales. Roughly half of it went into Rowan 3 Urban, which was launched in "
              "January 2026, and a quarter into the ice test for heated Teasels."),
        ("page",),
        ("h2", "Your share"),
        ("p", "Eight per cent of the operating profit is shared equally. For 2025 that makes \u20ac1,312 each, paid with the salary of "
              "May. Colleagues who joined during the year do not take part yet, but they ate the cake."),
        ("h2", "What worries us"),
        ("p", "Piezo crystals cost 31 per cent more than two years ago and come from a single supplier. A second source is being "
              "tested, and we expect a decision in October 2026. The lease of the Tannbruck parking ground ends in 2027, and talks "
              "have begun."),
        ("h2", "Plan for 2026"),
        ("table", (96, 70), [
            ("Item", "Plan"),
            ("Sales", "\u20ac43.5 million"),
            ("Investment", "\u20ac3.4 million"),
            ("New posts, net", "8"),
            ("Apprentices taken on in September", "6"),
            ("Electricity from our own roofs", "30 %"),
        ]),
        ("p", "The largest single project of 2026 is the new rain bench, planned at \u20ac620,000 and due in operation by the middle of "
              "November. It will halve the time needed to calibrate a Sedge."),
        ("h2", "Questions"),
        ("p", "Come to the canteen on Thursday, 5 March 2026, at 14:30. Questions can be put in the box by the till beforehand, with or "
              "without a name. Last year there were 23, and all were answered, including the one about the cat."),
    ],
}

DOCUMENTS = {
    "safety/fire-and-evacuation.pdf": FIRE,
    "products/rowan-3-data-sheet.pdf": DATASHEET,
    "products/teasel-calibration-manual.pdf": TEASEL,
    "operations/quality-manual.pdf": QUALITY,
    "finance/review-2025.pdf": REVIEW,
}
