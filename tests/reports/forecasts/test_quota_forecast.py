"""What ``plan`` foresees: the day's quota, the day's containers, a login that ends."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from humaspost.channels.instagram import Instagram
from humaspost.channels.instagram.config import InstagramConfig
from humaspost.model.account import Account, AccountStatus
from humaspost.model.plan import PlanRow
from humaspost.model.post import Late, MediaKind, PublishTime
from humaspost.model.rendition import Attachment, Part, Rendition
from humaspost.reports.forecasts.plan_outlook import PlanOutlook, Upcoming
from humaspost.reports.forecasts.quota_forecast import RecentUsage, distribute, will_be_missed
from humaspost.reports.renditions_of_post import RenditionPreview
from humaspost.reports.sender_status import SenderStatus
from humaspost.views.forecasts.plan import format_plan
from humaspost.views.times import TimeFormatter

NOW = datetime(2027, 2, 3, 1, 0, tzinfo=UTC)
CONFIG = InstagramConfig(user_id="1")
RULES = Instagram().rules(CONFIG)
ACCOUNT = Account("instagram", "instagram", CONFIG, "@kotacontoh")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def upcoming(number: int, due: datetime, *, media: int = 1, late: Late = Late.ASK) -> Upcoming:
    items = tuple(
        Attachment(f"posts/{n}.jpg", f"{n:064x}", MediaKind.IMAGE, "image/jpeg", 9, "a", n)
        for n in range(media)
    )
    rendition = Rendition("instagram", (Part(1, "a", items, {"format": "feed"}),))
    when = PublishTime(f"{due:%Y-%m-%dT%H:%M}", "UTC", due)
    row = PlanRow(
        f"p{number}", f"posts/p{number}.md", "T", "", ACCOUNT, when, rendition, late=late, grace=HOUR
    )
    return Upcoming(row, RenditionPreview(ACCOUNT, rendition, RULES), row.timing(), 1)


def account_status(
    *, used: int = 0, total: int = 50, expires_at: datetime | None = None
) -> dict[str, AccountStatus]:
    return {"instagram": AccountStatus(NOW, expires_at, {"posts": (used, total)})}


def forecast_of(
    posts: Sequence[Upcoming],
    account_statuses: Mapping[str, AccountStatus],
    past: RecentUsage | None = None,
    *,
    now: datetime = NOW,
) -> tuple[Upcoming, ...]:
    return distribute(posts, account_statuses, recent=past or RecentUsage(), now=now)


def test_the_fiftieth_post_of_a_day_waits_for_the_first_to_be_a_day_old() -> None:
    seen = forecast_of([upcoming(n, NOW + n * timedelta(minutes=1)) for n in range(50)], {})
    waiting = [one.quota_wait for one in seen if one.quota_wait]
    assert [one.quota_wait for one in seen[:47]] == [None] * 47  # 95 % of 50
    assert waiting[0] == ("posts", NOW + DAY)
    assert waiting[-1] == ("posts", NOW + DAY + timedelta(minutes=2))


def test_a_day_later_there_is_room_again() -> None:
    posts = [upcoming(n, NOW) for n in range(47)] + [upcoming(47, NOW + DAY), upcoming(48, NOW + 2 * DAY)]
    assert [one.quota_wait for one in forecast_of(posts, {})] == [None] * 49


def test_the_platforms_own_figures_win() -> None:
    posts = [upcoming(0, NOW + HOUR), upcoming(1, NOW + 2 * HOUR)]
    assert [one.quota_wait for one in forecast_of(posts, account_status(used=22, total=25))] == [
        None,
        ("posts", NOW + DAY),
    ]
    assert [one.quota_wait for one in forecast_of(posts, account_status(used=60, total=100))] == [None, None]


def test_containers_run_out_before_posts_where_every_post_is_a_carousel_of_ten() -> None:
    seen = forecast_of([upcoming(n, NOW, media=10) for n in range(37)], {})
    # 34 times 11 is 374, of 380: there is room to begin one more, and what is begun is finished.
    assert [one.quota_wait for one in seen[:35]] == [None] * 35
    assert seen[35].quota_wait == ("containers", NOW + DAY)


def test_what_the_ledger_used_since_the_platform_spoke_counts_too() -> None:
    since = [NOW - 5 * HOUR + n * timedelta(minutes=1) for n in range(40)]
    told = {"instagram": AccountStatus(NOW - 6 * HOUR, None, {"posts": (7, 50)})}
    (one,) = forecast_of([upcoming(0, NOW + HOUR)], told, RecentUsage({("instagram", "posts"): since}))
    # 7 of others and 40 of ours: the 47 of 95 %. The first to be a day old was there when the platform spoke.
    assert one.quota_wait == ("posts", NOW + 18 * HOUR)
    (one,) = forecast_of([upcoming(0, NOW + HOUR)], told, RecentUsage({("instagram", "posts"): since[1:]}))
    assert one.quota_wait is None


def test_what_the_platform_counted_already_is_counted_once() -> None:
    before = [NOW - 9 * HOUR] * 40
    past = RecentUsage({("instagram", "posts"): before})
    told = {"instagram": AccountStatus(NOW - 6 * HOUR, None, {"posts": (40, 50)})}
    assert forecast_of([upcoming(0, NOW)], told, past)[0].quota_wait is None
    # It lags: ours are more than it said.
    told = {"instagram": AccountStatus(NOW - 6 * HOUR, None, {"posts": (0, 50)})}
    full = RecentUsage({("instagram", "posts"): before + [NOW - HOUR] * 7})
    assert forecast_of([upcoming(0, NOW)], told, full)[0].quota_wait == ("posts", NOW + 15 * HOUR)


def test_containers_that_were_made_today_count_and_those_of_the_post_itself_only_once() -> None:
    made = RecentUsage({("instagram", "containers"): [NOW - HOUR] * 380})
    post = upcoming(0, NOW + timedelta(minutes=10), media=10)
    assert forecast_of([post], {}, made)[0].quota_wait == ("containers", NOW + 23 * HOUR)
    begun = RecentUsage(made.used_at, frozenset({("instagram", post.row.rendition.parts[0].hash)}))
    assert forecast_of([post], {}, begun)[0].quota_wait is None


def test_what_is_overdue_goes_out_now_at_the_earliest() -> None:
    used = RecentUsage({("instagram", "posts"): [NOW - timedelta(minutes=1)] * 46})
    seen = forecast_of([upcoming(0, NOW - HOUR), upcoming(1, NOW)], {}, used)
    assert [one.quota_wait for one in seen] == [None, ("posts", NOW + DAY - timedelta(minutes=1))]


def test_a_figure_beyond_belief_takes_no_more_room_than_the_quota() -> None:
    (one,) = forecast_of([upcoming(0, NOW)], account_status(used=10**15, total=50))
    assert one.quota_wait == ("posts", NOW + DAY)


def test_a_post_that_waits_past_its_grace_is_missed_unless_late_is_allowed() -> None:
    late = [upcoming(n, NOW, late=Late.PUBLISH) for n in range(48)]
    assert not will_be_missed(forecast_of(late, {})[-1])
    assert will_be_missed(forecast_of([upcoming(n, NOW) for n in range(48)], {})[-1])


def test_a_thread_that_began_is_not_missed_by_a_wait_for_the_quota() -> None:
    """The gate counts the wait as progress; `plan` said that the rest would be missed."""
    (*others, last) = [upcoming(n, NOW) for n in range(48)]
    begun = replace(last, timing=replace(last.timing, first_write_at=NOW, progress_at=NOW))
    seen = forecast_of([*others, begun], {})[-1]
    assert seen.quota_wait == ("posts", NOW + DAY)
    assert not will_be_missed(seen)


def test_a_login_that_ends_before_is_reported() -> None:
    posts = [upcoming(0, NOW), upcoming(1, NOW + DAY)]
    assert [one.login_expires_at for one in forecast_of(posts, account_status(expires_at=NOW + HOUR))] == [
        None,
        NOW + HOUR,
    ]


def test_plan_prints_it_below_the_post() -> None:
    posts = [*(upcoming(n, NOW) for n in range(48)), upcoming(48, NOW + 3 * DAY)]
    seen = PlanOutlook(forecast_of(posts, account_status(expires_at=NOW + 2 * DAY)), ())
    shown = [
        line.strip()
        for line in format_plan(seen, SenderStatus(False), clock=TimeFormatter("Asia/Jakarta", NOW))
    ]
    assert shown.count("the day's posts are used up: not before Thu 4 Feb 08:00") == 1
    assert shown.count("that is past its grace: it would be missed") == 1
    assert shown.count("the login ends Fri 5 Feb 08:00, before this: humaspost doctor") == 1
