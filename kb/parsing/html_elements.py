"""Names of HTML elements, by what they mean here. https://html.spec.whatwg.org/multipage/indices.html"""

_BLOCKS = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer
form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav noframes ol optgroup option p
plaintext pre search section summary table tbody td tfoot th thead tr ul xmp
"""
_INLINE = """
a abbr acronym area audio b base basefont bdi bdo bgsound big blink br button canvas cite code col colgroup data
datalist del dfn em embed font frame head i iframe image img input ins isindex kbd keygen label link map mark marquee
meta meter nobr noembed noscript object output param picture progress q rb rp rt rtc ruby s samp script select slot
small source spacer span strike strong style sub sup template textarea time title track tt u var video wbr
"""
# Of SVG and MathML, as far as they are written by hand.
_FOREIGN = """
svg g path circle ellipse line polygon polyline rect text tspan defs use symbol lineargradient radialgradient stop
math mi mn mo ms mtext mrow mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mspace mstyle
mpadded mphantom mfenced menclose mmultiscripts mprescripts none maction merror semantics annotation annotation-xml
"""
_NEVER_SHOWN = """
script style template base link meta iframe object embed video audio canvas datalist map annotation annotation-xml
noembed noframes rt rp rtc
"""
_AROUND_THE_TEXT = """nav noscript button svg"""

BLOCKS = frozenset(_BLOCKS.split())  # they begin and end a line
ELEMENTS = BLOCKS | frozenset(_INLINE.split()) | frozenset(_FOREIGN.split())
NEVER_SHOWN = frozenset(_NEVER_SHOWN.split())  # whatever the styles are
# Navigation, controls and drawings: read only if a page has nothing else.
AROUND_THE_TEXT = frozenset(_AROUND_THE_TEXT.split())
