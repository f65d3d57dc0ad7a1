"""The one slide deck of the sample handbook: the product range, for new colleagues in sales."""

import datetime
import io

from pptx import Presentation
from pptx.util import Cm

DATE = "2026-01-28"
SLIDES = [
    ("The product range in fifteen minutes", ["Quernside Instruments, Sales school, 28 January 2026", "Imogen Tarrant-Lowe, Head of Sales"],
     "Start on time. The demonstration with the hair dryer comes at the end."),
    ("Who buys from us", ["Road authorities: 38 % of sales", "Ports, lighthouses and ships: 24 %", "Weather services and research: 21 %",
                          "Wind and solar parks: 11 %", "Schools, sailors and the merely curious: 6 %"],
     "Road authorities order in spring for the winter. Be there in March."),
    ("Five families", ["Rowan: stations", "Teasel: ultrasonic wind", "Sedge: rain", "Alder: data loggers", "Foxtail: handheld wind"],
     "The names are plants that grow on Brenn Moor. The moor has no more suitable plants; the next family will need another idea."),
    ("What never to promise", ["Delivery sooner than the price list says", "A battery life without a reading interval",
                               "A warning function for cranes", "That a reading is exact"],
     "If a customer insists, ring the product owner before you answer."),
    ("Exercise", ["Groups of three, ten minutes", "A harbour wants wind on five piers, spray included, no mains power",
                  "Offer: one page, one price, one doubt stated honestly"],
     "A good answer names the marine version and asks how often the harbour wants a reading."),
]


def build(out):
    deck = Presentation()
    deck.slide_width, deck.slide_height = Cm(33.867), Cm(19.05)
    props = deck.core_properties
    props.title, props.author, props.last_modified_by = SLIDES[0][0], "Sales", "Sales"
    props.created = props.modified = datetime.datetime.fromisoformat(DATE)
    for title, points, notes in SLIDES:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        frame = slide.placeholders[1].text_frame
        frame.text = points[0]
        for point in points[1:]:
            frame.add_paragraph().text = point
        slide.notes_slide.notes_text_frame.text = notes
    buffer = io.BytesIO()
    deck.save(buffer)
    out.package("products/range-2026.pptx", buffer.getvalue(), DATE)
