"""What ``plan`` foresees: the day's quota, the day's containers, a login that ends."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from humaspost.channels.instagram import Instagram, InstagramConfig
from humaspost.model.account import Account, Facts
from humaspost.model.plan import PlanRow
from humaspost.model.post import Kind, Late, When
from humaspost.model.rendition import Attachment, Part, Rendition
from humaspost.reports.plan_outlook import Coming, Fate
from humaspost.reports.quota_forecast import Past, misses, spread
from humaspost.reports.sender_status import Sending
from humaspost.views.plan import plan_view
from humaspost.views.renditions import Shown
from humaspost.views.times import Clock

NOW = datetime(2027, 2, 3, 1, 0, tzinfo=UTC)
CONFIG = InstagramConfig(user_id="1")
RULES = Instagram().rules(CONFIG)
ACCOUNT = Account("instagram", "instagram", CONFIG, "@kotacontoh")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def coming(number: int, due: datetime, *, media: int = 1, late: Late = Late.ASK) -> Coming:
    items = tuple(
        Attachment(f"posts/{n}.jpg", f"{n:064x}", Kind.IMAGE, "image/jpeg", 9, "a", n) for n in range(media)
    )
    rendition = Rendition("instagram", (Part(1, "a", items, {"format": "feed"}),))
    when = When(f"{due:%Y-%m-%dT%H:%M}", "UTC", due)
    row = PlanRow(
        f"p{number}", f"posts/p{number}.md", "T", "", ACCOUNT, when, rendition, late=late, grace=HOUR
    )
    return Coming(row, Shown(ACCOUNT, rendition, RULES), due, 1)


def facts(*, used: int = 0, total: int = 50, expires_at: datetime | None = None) -> dict[str, Facts]:
    return {"instagram": Facts(NOW, expires_at, {"posts": (used, total)})}


def foretold(
    posts: Sequence[Coming], told: Mapping[str, Facts], past: Past | None = None, *, now: datetime = NOW
) -> tuple[Coming, ...]:
    return spread(posts, told, past=past or Past(), now=now)


def test_the_fiftieth_post_of_a_day_waits_for_the_first_to_be_a_day_old() -> None:
    seen = foretold([coming(n, NOW + n * timedelta(minutes=1)) for n in range(50)], {})
    waiting = [one.waits for one in seen if one.waits]
    assert [one.waits for one in seen[:47]] == [None] * 47  # 95 % of 50
    assert waiting[0] == ("posts", NOW + DAY)
    assert waiting[-1] == ("posts", NOW + DAY + timedelta(minutes=2))


def test_a_day_later_there_is_room_again() -> None:
    posts = [coming(n, NOW) for n in range(47)] + [coming(47, NOW + DAY), coming(48, NOW + 2 * DAY)]
    assert [one.waits for one in foretold(posts, {})] == [None] * 49


def test_the_platforms_own_figures_win() -> None:
    posts = [coming(0, NOW + HOUR), coming(1, NOW + 2 * HOUR)]
    assert [one.waits for one in foretold(posts, facts(used=22, total=25))] == [None, ("posts", NOW + DAY)]
    assert [one.waits for one in foretold(posts, facts(used=60, total=100))] == [None, None]


def test_containers_run_out_before_posts_where_every_post_is_a_carousel_of_ten() -> None:
    seen = foretold([coming(n, NOW, media=10) for n in range(37)], {})
    # 34 times 11 is 374, of 380: there is room to begin one more, and what is begun is finished.
    assert [one.waits for one in seen[:35]] == [None] * 35
    assert seen[35].waits == ("containers", NOW + DAY)


def test_what_the_ledger_used_since_the_platform_spoke_counts_too() -> None:
    since = [NOW - 5 * HOUR + n * timedelta(minutes=1) for n in range(40)]
    told = {"instagram": Facts(NOW - 6 * HOUR, None, {"posts": (7, 50)})}
    (one,) = foretold([coming(0, NOW + HOUR)], told, Past({("instagram", "posts"): since}))
    # 7 of others and 40 of ours: the 47 of 95 %. The first to be a day old was there when the platform spoke.
    assert one.waits == ("posts", NOW + 18 * HOUR)
    (one,) = foretold([coming(0, NOW + HOUR)], told, Past({("instagram", "posts"): since[1:]}))
    assert one.waits is None


def test_what_the_platform_counted_already_is_not_counted_twice() -> None:
    before = [NOW - 9 * HOUR] * 40
    past = Past({("instagram", "posts"): before})
    told = {"instagram": Facts(NOW - 6 * HOUR, None, {"posts": (40, 50)})}
    assert foretold([coming(0, NOW)], told, past)[0].waits is None
    # It lags: ours are more than it said.
    told = {"instagram": Facts(NOW - 6 * HOUR, None, {"posts": (0, 50)})}
    full = Past({("instagram", "posts"): before + [NOW - HOUR] * 7})
    assert foretold([coming(0, NOW)], told, full)[0].waits == ("posts", NOW + 15 * HOUR)


def test_containers_that_were_made_today_count_and_those_of_the_post_itself_only_once() -> None:
    made = Past({("instagram", "containers"): [NOW - HOUR] * 380})
    post = coming(0, NOW + timedelta(minutes=10), media=10)
    assert foretold([post], {}, made)[0].waits == ("containers", NOW + 23 * HOUR)
    begun = Past(made.uses, frozenset({("instagram", post.row.rendition.parts[0].hash)}))
    assert foretold([post], {}, begun)[0].waits is None


def test_what_is_overdue_goes_out_now_at_the_earliest() -> None:
    used = Past({("instagram", "posts"): [NOW - timedelta(minutes=1)] * 46})
    seen = foretold([coming(0, NOW - HOUR), coming(1, NOW)], {}, used)
    assert [one.waits for one in seen] == [None, ("posts", NOW + DAY - timedelta(minutes=1))]


def test_a_figure_beyond_belief_takes_no_more_room_than_the_quota() -> None:
    (one,) = foretold([coming(0, NOW)], facts(used=10**15, total=50))
    assert one.waits == ("posts", NOW + DAY)


def test_what_waits_past_its_grace_would_be_missed_unless_it_may_be_late() -> None:
    late = [coming(n, NOW, late=Late.PUBLISH) for n in range(48)]
    assert not misses(foretold(late, {})[-1])
    assert misses(foretold([coming(n, NOW) for n in range(48)], {})[-1])


def test_a_login_that_ends_before_is_told() -> None:
    posts = [coming(0, NOW), coming(1, NOW + DAY)]
    assert [one.login_ends for one in foretold(posts, facts(expires_at=NOW + HOUR))] == [None, NOW + HOUR]


def test_plan_says_it_below_the_post() -> None:
    posts = [*(coming(n, NOW) for n in range(48)), coming(48, NOW + 3 * DAY)]
    seen = Fate(foretold(posts, facts(expires_at=NOW + 2 * DAY)), ())
    shown = [line.strip() for line in plan_view(seen, Sending(False), clock=Clock("Asia/Jakarta", NOW))]
    assert shown.count("the day's posts are used up: not before Thu 4 Feb 08:00") == 1
    assert shown.count("that is past its grace: it would be missed") == 1
    assert shown.count("the login ends Fri 5 Feb 08:00, before this: humaspost doctor") == 1
