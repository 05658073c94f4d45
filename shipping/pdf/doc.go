// Package pdf draws a [shipping.Packet] as a PDF of three pages: the address label with its cutting line and the labels
// for the key, the packing slip with its codes, the quick start; or the label of one key alone ([DrawLabel]). It is the
// only room that knows gofpdf.
//
// Two things most readers need. First, all text goes through one function, [sheet.text]: it takes clean text only,
// and a character without a glyph in the embedded fonts fails the document with a sentence that names it. gofpdf
// itself would print an empty box, or panic beyond U+FFFF. Second, [Check] lays a whole packet out for an order before
// any key is touched: what [Draw] would refuse later is refused then, a line that is too wide for the label among it.
//
// The fonts are DejaVu Sans Condensed, regular and bold; every document gets its own copy of their bytes, because
// gofpdf writes into the slice it is given. They are used for Latin, Cyrillic and Greek only: Arabic, Hebrew and Indic
// letters have glyphs in them too, but without shaping and reordering they would print wrong, and a wrong address is
// worse than a refusal.
//
// Guarantees: the same packet gives the same bytes, whatever the clock says and however many documents are drawn at
// once; codes are vectors; a document that fails fails alone, with an error, and nothing is written for it.
package pdf
