"""The files that were uploaded to the old product: small, so that its dump stays small."""

from datetime import UTC, datetime

from fpdf import FPDF

SOUP = b"""# Soup

Boil the bones for six hours, and skim the broth as it boils.

## Salt

A pinch of salt at the end, and of pepper. Salt too early, and the broth turns out too strong once it has boiled down.

## Noodles

Cook the noodles in water of their own, or the starch clouds the broth.
"""
BROTH = """# 骨头汤

骨头汤要煮六个小时，水开后撇去浮沫。

## 盐

出锅前再加一点盐和白胡椒，盐放早了汤会太咸。
""".encode()
KIMCHI = b"# Kimchi\n\nSalted cabbage ferments by itself within five days at room temperature.\n"
FERRY_1 = b"# The ferry\n\nThe last ferry leaves the quay at nine in the evening. Dogs travel free.\n"
FERRY_2 = b"# The ferry\n\nThe last ferry leaves the quay at eleven in the evening. Bicycles cost two coins.\n"
BREAD_1 = b"# Bread\n\nRye dough rests overnight under a damp cloth, in a cool place.\n"
BREAD_2 = b"# Bread\n\nWheat dough rests for one hour under a damp cloth, next to the stove.\n"
LEASE = b"""# Lease

## 1. Rent

The tenant pays the rent on the third day of each month.

## 2. Notice

Either party may end the lease with three months' notice.
"""
LAMP = b"# The lamp\n\nThe lighthouse keeper trims the wick of the oil lamp before dusk.\n"
TIDES_1 = b"# Tides\n\nSpring tides follow the new moon and the full moon by two days.\n"
TIDES_2 = TIDES_1 + b"\nNeap tides follow the half moons.\n"
ROPES = b"# Ropes\n\nA bowline holds fast under load and is easily untied.\n"
SAILS = b"# Sails\n\nReef the mainsail before the wind reaches twenty knots.\n"
ANCHORS = b"# Anchors\n\nPay out chain to five times the depth of the water.\n"
KNOTS = b"# Knots\n\nA sheet bend joins two ropes of unequal thickness.\n"
BUOYS = b"# Buoys\n\nGreen buoys mark the starboard side of the channel.\n"
GULLS = b"# Gulls\n\nHerring gulls drop mussels on the rocks to open them.\n"
WRECKS = b"# Wrecks\n\nThe schooner Clementine sank off the northern reef.\n"
BELL = b"# The bell\n\nThe bell of the wreck was never found.\n"
PIERS = b"# Piers\n\nThe wooden pier was rebuilt in oak after the storm.\n"


def pdf(*pages: str) -> bytes:
    made = FPDF(format=(120, 80))
    made.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    made.set_font("helvetica", size=11)
    for page in pages:
        made.add_page()
        made.multi_cell(0, 5, page)
    return bytes(made.output())


HARBOUR = pdf(
    "The harbour master collects mooring fees every Friday morning at the customs house.",
    # Long enough for one passage with several vectors.
    "Fishing boats unload their catch at the north quay. Herring is sold by auction at dawn, and whoever comes later "
    "buys from the merchants in the hall behind it. Yachts moor at the south quay, where water and current are metered "
    "and paid for at the customs house. The crane lifts boats of up to twelve tons on weekdays, if it was booked a "
    "week before. Waste oil, batteries and old paint are taken back in the shed next to the slipway, free of charge.",
)
BLANK = pdf("")
ALSO_BLANK = pdf("", "")
