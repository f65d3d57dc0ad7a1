"""The workbooks of the sample handbook. No formulas: every cell holds what a reader sees."""

import datetime
import io

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

D = datetime.date
HEAD, SHADE = Font(bold=True), PatternFill("solid", fgColor="E8EEF2")

INSTRUMENTS = [
    # code, product, version, list price v1, list price v2, partner %, weeks
    ("RW3-S", "Rowan 3", "Standard", 1480, 1545, 22, 3),
    ("RW3-M", "Rowan 3", "Marine", 2115, 2190, 22, 4),
    ("RW3-L", "Rowan 3", "Light", 1190, 1225, 22, 3),
    ("RW3-U", "Rowan 3", "Urban", 1735, 1735, 20, 6),
    ("TS2-S", "Teasel", "Standard", 2640, 2760, 18, 5),
    ("TS2-H", "Teasel", "Heated", 3375, 3495, 18, 7),
    ("SG1-S", "Sedge", "Unheated", 465, 465, 25, 2),
    ("SG1-H", "Sedge", "Heated", 890, 915, 25, 8),
    ("AL4-8", "Alder logger", "8 channels", 725, 740, 20, 2),
    ("AL4-16", "Alder logger", "16 channels", 985, 1010, 20, 2),
    ("FX-1", "Foxtail", "Single", 149, 154, 30, 1),
    ("FX-10", "Foxtail", "Case of ten", 1340, 1385, 30, 1),
]

ACCESSORIES = [
    ("RB-3", "Battery pack for Rowan 3", 118, "RW3"), ("RW-0940", "Bird spikes, set", 0, "RW3"),
    ("RW-0311", "Humidity filter cap, five pieces", 42, "RW3"), ("RW-0500", "Mast, 6 m, folding", 690, "RW3, TS2"),
    ("TS-0120", "Arm protectors, blue, set", 36, "TS2"), ("TS-0277", "Bird cage, stainless", 158, "TS2"),
    ("SG-0088", "Check bottle, one litre", 57, "SG1"), ("SG-0142", "Leaf basket", 19, "SG1"),
    ("FX-0217", "Impeller", 23, "FX"), ("FX-0301", "Belt pouch", 17, "FX"), ("AL-0610", "Sun roof for logger box", 74, "AL4"),
]

SERVICES = [
    ("CAL-W", "Calibration, ultrasonic wind", 385, 390), ("CAL-R", "Calibration, rain", 140, 145),
    ("CAL-P", "Calibration, pressure", 165, 165), ("CAL-TH", "Calibration, temperature and humidity", 210, 215),
    ("CAL-X", "Express supplement", 350, 350), ("SVC-1", "Service contract for one station, a year", 295, 305),
    ("SVC-10", "Service contract for ten stations, a year", 2450, 2540), ("INST-D", "Installation, per day and person", 760, 780),
]


def price_list(version):
    pick = 3 if version == 1 else 4
    valid = D(2026, 1, 1) if version == 1 else D(2026, 9, 1)
    return {
        "date": valid, "title": "Price list 2026",
        "sheets": [
            ("Instruments", ["Order code", "Product", "Version", "List price EUR", "Partner discount %", "Delivery weeks"],
             [(r[0], r[1], r[2], r[pick], r[5], r[6]) for r in INSTRUMENTS]),
            ("Accessories", ["Order code", "Item", "List price EUR", "Fits"], ACCESSORIES),
            ("Services", ["Order code", "Service", "Price EUR"], [(r[0], r[1], r[1 + version]) for r in SERVICES]),
            ("Terms", ["Term", "Value"], [
                ("Edition", f"2026-{version}"),
                ("Valid from", valid),
                ("Valid until", D(2026, 8, 31) if version == 1 else D(2027, 2, 28)),
                ("Quotations keep their price for", "60 days"),
                ("Minimum order", "80 EUR"),
                ("Quantity discount, 10 to 24 instruments", "4 %"),
                ("Quantity discount, 25 instruments and more", "7 %"),
                ("Schools and lifeboats", "15 % on everything"),
                ("Owner", "Imogen Tarrant-Lowe, Sales, extension 2601"),
            ]),
        ],
    }


HOLIDAYS = {
    "date": D(2025, 10, 13), "title": "Holiday calendar 2026",
    "sheets": [
        ("Quernside", ["Date", "Weekday", "Holiday", "Site"], [
            (D(2026, 1, 1), "Thursday", "New Year's Day", "closed"), (D(2026, 4, 3), "Friday", "Good Friday", "closed"),
            (D(2026, 4, 6), "Monday", "Easter Monday", "closed"), (D(2026, 5, 1), "Friday", "May Day", "closed"),
            (D(2026, 5, 25), "Monday", "Whit Monday", "closed"), (D(2026, 8, 17), "Monday", "Lake Day", "closed, regatta"),
            (D(2026, 10, 12), "Monday", "Harvest Monday", "closed"), (D(2026, 12, 25), "Friday", "Christmas Day", "closed"),
            (D(2026, 12, 26), "Saturday", "Second day of Christmas", "closed"),
        ]),
        ("Tannbruck", ["Datum", "Wochentag", "Feiertag", "Standort"], [
            (D(2026, 1, 1), "Donnerstag", "Neujahr", "geschlossen"), (D(2026, 1, 6), "Dienstag", "Heilige Drei Könige", "geschlossen"),
            (D(2026, 4, 3), "Freitag", "Karfreitag", "geschlossen"), (D(2026, 4, 6), "Montag", "Ostermontag", "geschlossen"),
            (D(2026, 5, 1), "Freitag", "Tag der Arbeit", "geschlossen"), (D(2026, 5, 14), "Donnerstag", "Christi Himmelfahrt", "geschlossen"),
            (D(2026, 5, 15), "Freitag", "Brückentag", "geschlossen"), (D(2026, 6, 4), "Donnerstag", "Fronleichnam", "geschlossen"),
            (D(2026, 6, 5), "Freitag", "Brückentag", "geschlossen"), (D(2026, 12, 25), "Freitag", "Erster Weihnachtstag", "geschlossen"),
        ]),
        ("Company dates", ["From", "To", "What", "Who"], [
            (D(2026, 1, 15), D(2026, 3, 31), "Yearly conversations", "everyone"),
            (D(2026, 2, 24), D(2026, 2, 24), "Management review", "Heads of Department"),
            (D(2026, 6, 27), D(2026, 6, 27), "Summer fête", "everyone and families"),
            (D(2026, 8, 3), D(2026, 8, 14), "Workshop closed in Tannbruck", "Service centre"),
            (D(2026, 9, 1), D(2026, 9, 1), "Apprentices start", "Works, Stores"),
            (D(2026, 11, 9), D(2026, 11, 13), "Outside quality audit", "all departments"),
            (D(2026, 12, 12), D(2026, 12, 12), "Stocktake", "Logistics, 42 counters"),
            (D(2026, 12, 24), D(2027, 1, 1), "Winter shutdown", "Works"),
        ]),
    ],
}

INVENTORY = {
    "date": D(2026, 3, 31), "title": "IT and laboratory equipment",
    "sheets": [
        ("Computers", ["Asset", "Type", "Model class", "User or place", "In use since", "Replace by"], [
            (104217, "Laptop", "14-inch office", "Reception A0.01", D(2022, 6, 13), D(2026, 6, 13)),
            (104388, "Laptop", "15-inch engineering", "Henrike Vold", D(2023, 2, 6), D(2027, 2, 6)),
            (104391, "Laptop", "15-inch engineering", "Amaury Delacroix-Stead", D(2023, 2, 6), D(2027, 2, 6)),
            (104502, "Laptop", "14-inch rugged", "Fergus Ailing", D(2024, 9, 23), D(2028, 9, 23)),
            (104560, "Laptop", "14-inch office", "Imogen Tarrant-Lowe", D(2025, 3, 17), D(2029, 3, 17)),
            (104611, "Shared terminal", "Works", "Cell 4, Building B", D(2025, 8, 25), D(2030, 8, 25)),
            (104618, "Server", "Storage, vault", "A0.12", D(2025, 11, 10), D(2031, 11, 10)),
        ]),
        ("Test rigs", ["Asset", "Rig", "Room", "Last check", "Next check", "Responsible"], [
            ("CH-1", "Climate chamber 1", "C0.05", D(2025, 11, 18), D(2026, 11, 18), "Thandeka Lyle"),
            ("CH-2", "Climate chamber 2", "C0.05", D(2025, 11, 19), D(2026, 11, 19), "Thandeka Lyle"),
            ("CH-3", "Climate chamber 3", "C0.05", D(2025, 12, 2), D(2026, 12, 2), "Thandeka Lyle"),
            ("CH-4", "Climate chamber 4", "C0.07", D(2026, 1, 27), D(2027, 1, 27), "Thandeka Lyle"),
            ("CH-5", "Climate chamber 5, ice", "C0.08", D(2025, 7, 30), D(2026, 7, 30), "Henrike Vold"),
            ("WT-L", "Wind tunnel, large", "C0.09", D(2026, 2, 11), D(2026, 8, 11), "Ilse Brandvold"),
            ("WT-S", "Wind tunnel, small", "C0.11", D(2026, 2, 12), D(2026, 8, 12), "Ilse Brandvold"),
            ("RB-1", "Rain bench", "C0.12", D(2025, 9, 9), D(2026, 9, 9), "Pádraig Umeh"),
        ]),
        ("Loan pool", ["Asset", "Instrument", "Serial number", "Where", "Due back"], [
            ("L-031", "Rowan 3 Standard", "RW-24-19-0207", "D0.11", None),
            ("L-034", "Rowan 3 Marine", "RW-24-33-0388", "Harbour office, Ostrand", D(2026, 4, 30)),
            ("L-040", "Teasel Standard", "TS-23-41-0119", "D0.11", None),
            ("L-043", "Teasel Heated", "TS-25-06-0031", "Ski lift company, Obertann", D(2026, 5, 15)),
            ("L-047", "Foxtail, case of ten", "FX-25-12-0840", "Sailing school, Quernside", D(2026, 9, 30)),
        ]),
    ],
}


def render(spec):
    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = spec["title"], "Quernside Instruments"
    for name, head, rows in spec["sheets"]:
        sheet = book.create_sheet(name)
        sheet.append(head)
        for row in rows:
            sheet.append(row)
        for column, title in enumerate(head, 1):
            cell = sheet.cell(1, column)
            cell.font, cell.fill = HEAD, SHADE
            width = max(len(str(sheet.cell(r, column).value or "")) for r in range(1, len(rows) + 2))
            sheet.column_dimensions[get_column_letter(column)].width = width + 3
            for r in range(2, len(rows) + 2):
                if isinstance(sheet.cell(r, column).value, datetime.date):
                    sheet.cell(r, column).number_format = "yyyy-mm-dd"
        sheet.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def build(out):
    for path, spec in (
        ("finance/price-list-2026.xlsx", price_list(1)),
        ("people/holiday-calendar-2026.xlsx", HOLIDAYS),
        ("it/equipment-inventory.xlsx", INVENTORY),
    ):
        out.package(path, render(spec), spec["date"].isoformat())
    second = price_list(2)
    out.update().package("finance/price-list-2026.xlsx", render(second), second["date"].isoformat())
