"""Time zones by names that they can be found by again."""

from __future__ import annotations

import datetime
import re

__all__ = ["offset_name", "zone_name"]


def zone_name(zone: datetime.tzinfo) -> str:
    """The name of a time zone of any library: its key, such as "Europe/Berlin", or how far it is ahead of UTC."""
    key = getattr(zone, "key", None) or getattr(zone, "zone", None)  # of zoneinfo and pytz
    if key is not None:
        return str(key)
    offset = zone.utcoffset(None)
    if offset is not None:
        return offset_name(offset.total_seconds())
    file = re.search(r"tzfile\('(?:.*zoneinfo/)?([^']+)'\)", str(zone))  # of dateutil
    return str(zone) if file is None else file[1]


def offset_name(seconds: float) -> str:
    """The name of the time zone that is some seconds ahead of UTC."""
    sign, minutes = "-" if seconds < 0 else "+", abs(int(seconds)) // 60
    return f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}" if minutes else "UTC"
