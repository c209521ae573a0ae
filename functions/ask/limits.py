"""What one visitor may have: questions an hour, verdicts on answers an hour, and answers under way at the same moment.

Questions an hour is a token bucket: a burst of the whole number, refilled evenly. It is kept as one figure, the moment
at which the bucket will be full again (the generic cell rate algorithm, ITU-T I.371), in Redis for all pods or, without
it, in this process. Answers under way are counted in each pod. No address is stored, only a keyed hash of it.
"""

import hashlib
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.ask.visitor import network
from functions.shared.problem import TooMany
from functions.shared.redis import Lost, Redis
from functions.shared.settings import Settings

HOUR_S = 3600.0
# Visitors remembered in this process, some 200 bytes each; the one not seen for longest goes.
MOST_VISITORS = 10_000
OPEN_RETRY_S = 5

# Milliseconds by Redis' own clock, so that pods need not agree on the time; the answer is how long to wait, 0 for none.
# A moment further away than a full bucket comes from a clock that was set back.
TAKE = """
local time, interval, window = redis.call('TIME'), tonumber(ARGV[1]), tonumber(ARGV[2])
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local full_at = tonumber(redis.call('GET', KEYS[1]) or 0)
full_at = math.min(math.max(full_at, now), now + window) + interval
if full_at - now > window then return math.ceil(full_at - now - window) end
redis.call('SET', KEYS[1], string.format('%.0f', math.floor(full_at)), 'PX', math.ceil(full_at - now))
return 0
"""


class Limits:
    """Who may ask now."""

    def __init__(self, settings: Settings, redis: Redis | None) -> None:
        """Without `redis`, and while it is lost, questions are counted in this process."""
        self._per_hour, self._most_open = settings.rate_limit_per_hour, settings.open_answers
        self._proxies = settings.trusted_proxies
        self._redis, self._buckets = redis, Buckets(settings.rate_limit_per_hour)
        self._open: Counter[str] = Counter()
        # Every pod must come to the same hash, and whoever reads Redis alone must not be able to try all addresses.
        secrets = f"{settings.featherless_api_key}\0{settings.redis_url}"
        self._pepper = hashlib.sha256(secrets.encode()).digest()

    async def admit(self, request: Request) -> "Place":
        """A place for one more answer. Raises TooMany."""
        visitor = self._visitor(request)
        if visitor is None:
            return Place(lambda: None)
        place = self._place(visitor)
        try:
            await self._count("visitor", visitor, "question", "asked")
        except BaseException:
            place.release()
            raise
        return place

    async def admit_verdict(self, request: Request) -> None:
        """One verdict, from a bucket of its own: whoever judges an answer has one question no less. Raises TooMany."""
        if visitor := self._visitor(request):
            await self._count("verdicts", visitor, "verdict", "given")

    def _visitor(self, request: Request) -> str | None:
        address = network(request, self._proxies)
        return address and hashlib.blake2b(address.encode(), key=self._pepper, digest_size=16).hexdigest()

    def _place(self, visitor: str) -> "Place":
        if self._most_open and self._open[visitor] >= self._most_open:
            count = self._open[visitor]
            raise TooMany(
                f"You already have {_count_of('answer', count)} under way: one visitor gets no more at once.",
                OPEN_RETRY_S,
                de=f"Auf {count} {'Antwort' if count == 1 else 'Antworten'} warten Sie schon:"
                " Mehr gibt es für einen Besucher nicht zugleich.",
            )
        self._open[visitor] += 1
        return Place(lambda: self._left(visitor))

    def _left(self, visitor: str) -> None:
        self._open[visitor] -= 1
        if not self._open[visitor]:
            del self._open[visitor]

    async def _count(self, bucket: str, visitor: str, noun: str, done: str) -> None:
        if not self._per_hour:
            return
        wait_s = await self._wait_s(visitor, bucket)
        if wait_s > 0:
            raise TooMany(
                f"I take {_count_of(noun, self._per_hour)} an hour from one visitor, and you have {done} as many.",
                math.ceil(wait_s),
                de=f"Ich beantworte {self._per_hour} {'Frage' if self._per_hour == 1 else 'Fragen'} eines Besuchers"
                " in der Stunde, und so viele haben Sie gestellt.",
            )

    async def _wait_s(self, visitor: str, bucket: str = "visitor") -> float:
        if self._redis:
            interval, window = HOUR_S * 1000 / self._per_hour, HOUR_S * 1000
            try:
                return int(await self._redis.script(TAKE, self._redis.key(bucket, visitor), interval, window)) / 1000
            except Lost:
                pass  # a limit that cannot be looked up must not turn visitors away: this pod's own count will do
        return self._buckets.take(f"{bucket}:{visitor}")


class Buckets:
    """The same in one process."""

    def __init__(self, per_hour: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds; tests hand in their own."""
        self._interval_s = HOUR_S / per_hour if per_hour else 0.0
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, visitor: str) -> float:
        """Take one token: 0, or the seconds until there is one."""
        now = self._clock()
        full_at = max(self._full_at.get(visitor, now), now) + self._interval_s
        if (wait_s := full_at - now - HOUR_S) > 1e-6:
            return wait_s
        self._full_at[visitor] = full_at
        self._full_at.move_to_end(visitor)
        if len(self._full_at) > MOST_VISITORS:
            self._full_at.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)


class Place:
    """One of the answers a visitor may have under way; as a context manager, given back at its end."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back: Callable[[], None] | None = give_back

    def release(self) -> None:
        """Give it back; again does nothing."""
        if self._give_back:
            give_back, self._give_back = self._give_back, None
            give_back()

    async def until_sent(self, replying: Awaitable[Response]) -> ASGIApp:
        """The reply, which gives the place back when its last byte is out or its reader has gone.

        Not the stream's own end: a stream whose reader goes at once is never begun, and what is not begun does not end.
        """
        try:
            response = await replying
        except BaseException:
            self.release()
            raise

        async def sent(scope: Scope, receive: Receive, send: Send) -> None:
            with self:
                await response(scope, receive, send)

        return sent

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _count_of(noun: str, count: int) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
