"""The codes of problems that only WhatsApp has, with the first sentence of ``explain``."""

CODES: dict[str, str] = {
    "template-missing": "Outside a person's 24-hour window WhatsApp takes only an approved template, and none fits.",
    "template-unknown": "The account has no template of that name in that language.",
    "template-not-approved": "WhatsApp sends a template only while Meta's approval of it stands.",
    "template-params": "The template wants another number of parameters, or shorter or filled ones.",
    "template-header": "The template's header takes another kind of medium than the post has.",
    "template-button": "The template has a button that Meta sends only with a code, a form or products: humaspost has none.",
    "template-category": "Meta has the template in another category than you say, and the category decides the price.",
    "whatsapp-key-value": "A key under whatsapp: has a value of the wrong kind.",
}
