"""What a notice looks like to whoever receives it: our own JSON, Slack's, Teams'."""

from collections.abc import Callable, Mapping
from typing import Any

from mesh_probe.destination import Parcel
from mesh_probe.text.visible import visible

NOTICE_SCHEMA = "mesh-probe/notice/v1"

MOST_LINES = 10
"""Reasons and changes in a chat message; the link leads to the rest."""

LONGEST_LINE = 500


def notice(parcel: Parcel, link: str | None) -> dict[str, Any]:
    """Our own shape: the outcome, why, and what changed."""
    summary = parcel.summary
    return {
        "schema": NOTICE_SCHEMA,
        "tool_version": summary.tool_version,
        "taken_at": summary.taken_at.isoformat().replace("+00:00", "Z"),
        "cluster": summary.context,
        "outcome": summary.outcome,
        "probability": summary.probability,
        "yes": summary.yes,
        "no": summary.no,
        "unknown": summary.unknown,
        "scores": {"need": summary.need, "readiness": summary.readiness},
        "services": summary.services,
        "edges": summary.edges,
        "findings": summary.finding_counts,
        "blockers": summary.blocker_counts,
        "headline": parcel.headline,
        "because": list(parcel.reasons),
        "changes": list(parcel.changes),
        "link": link,
    }


def slack(parcel: Parcel, link: str | None) -> dict[str, Any]:
    """A message for an incoming webhook.

    https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    """
    title = _for_slack(_title(parcel))
    lines = [f"*{title}*", *(f"• {_for_slack(line)}" for line in _lines(parcel))]
    if link:
        lines.append(f"<{link}>")
    return {"text": title, "blocks": [_slack_section("\n".join(lines))]}


def teams(parcel: Parcel, link: str | None) -> dict[str, Any]:
    """An Adaptive Card, as the Workflows app takes it.

    https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
    """
    body = [
        {"type": "TextBlock", "text": _for_teams(_title(parcel)), "weight": "bolder", "wrap": True},
        *(
            {"type": "TextBlock", "text": f"- {_for_teams(line)}", "wrap": True}
            for line in _lines(parcel)
        ),
    ]
    actions = [{"type": "Action.OpenUrl", "title": "mesh-probe", "url": link}] if link else []
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": body,
                    "actions": actions,
                },
            }
        ],
    }


SHAPES: Mapping[str, Callable[[Parcel, str | None], dict[str, Any]]] = {
    "notice": notice,
    "slack": slack,
    "teams": teams,
}


def _title(parcel: Parcel) -> str:
    return ": ".join(filter(None, (parcel.summary.context, parcel.headline)))


def _lines(parcel: Parcel) -> list[str]:
    return [line[:LONGEST_LINE] for line in (*parcel.changes, *parcel.reasons)][:MOST_LINES]


def _for_slack(text: str) -> str:
    """Slack asks for these three to be escaped, and reads some marks as formatting."""
    shown = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return shown.translate({ord(mark): f"\u200b{mark}" for mark in "*_~`"})


def _slack_section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}}


def _for_teams(text: str) -> str:
    """Adaptive Cards read a part of Markdown."""
    shown = visible(text)
    return "".join(f"\\{mark}" if mark in "\\*_[]()`#~" else mark for mark in shown)
