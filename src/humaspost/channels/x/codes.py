"""The codes of problems that only X has, with the first sentence of ``explain``."""

CODES: dict[str, str] = {
    "x-empty": "A post on X needs words, a picture or a poll; this part has none.",
    "x-cashtags": "Since 2026 X refuses a post with more than one cashtag ($ABC).",
    "x-same-parts": (
        "X refuses a post that says what another one just said, in a thread as well; what comes behind it in the "
        "thread would wait for a person."
    ),
    "x-begins-with-name": (
        "X shows a post that begins with the name of an account as a reply to that account, so hardly anybody sees it."
    ),
    "x-character": (
        "The text holds a character that is not seen and that X refuses (U+FEFF, mostly from a copied text). Delete "
        "the word that holds it, and type it again."
    ),
    "x-quote-link": (
        "A link to a post, as the last link of a text, is shown as a quote. In April 2026 X took quotes out of "
        "what self-serve programs may do, so it may refuse the post. An answer to your own post is written "
        "with `corrects:`."
    ),
    "x-self-serve": (
        "Since 2026 X's self-serve programs may neither quote a post nor reply to one whose author did not mention "
        "them first. An answer to your own post is written with `corrects:`."
    ),
    "x-poll-options": "A poll on X has two to four options of one to 25 characters each.",
    "x-poll-duration": "A poll on X runs for five minutes to seven days: 90m, 12h, 3d.",
    "x-poll-media": "A post on X shows either a poll or media, not both.",
    "x-media-mix": "A post on X shows up to four pictures, or one GIF, or one video; not a mixture.",
    "x-reply-settings": "reply_settings says who may reply, in one of X's own words.",
    "x-key-value": "A key under x: has a value of the wrong kind.",
}
