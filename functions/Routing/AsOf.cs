using System.Globalization;
using System.Text;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Tokens;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;

namespace Cairn.Functions.Routing;

/// <summary>Which earlier state a read asks for: <c>asOf</c>, a log position or a time of the log clock.</summary>
/// <param name="Position">The position that was asked for, or that the list began with; null: only a time is known.</param>
/// <param name="Time">The time that was asked for; null: a position was.</param>
internal readonly record struct AsOf(LogPosition? Position, Timestamp? Time)
{
    public const string Parameter = "asOf";

    /// <summary>What was asked for, as part of a query's identity.</summary>
    public string Canonical => Time is { } time ? $"{Parameter}={time}" : string.Create(CultureInfo.InvariantCulture, $"{Parameter}={Position!.Value.Value}");

    /// <summary>What the request says; null: nothing. A list that goes on stays with the position that it began with, whatever its time would lead to by now.</summary>
    /// <param name="call">The request.</param>
    /// <param name="space">Whose states.</param>
    /// <param name="isPinned">All pages are of one state, also if none was asked for.</param>
    /// <exception cref="ProblemException">invalid, wrong-cursor.</exception>
    public static AsOf? Of(Call call, Space space, bool isPinned)
    {
        var asked = call.Query[Parameter] is { } text ? Parse(text) : (AsOf?)null;
        return (isPinned || asked?.Time is not null) && call.Query["cursor"] is { } cursor
            ? new AsOf(ListCursor.ReadState(cursor, space.Record.Name, space.Record.Incarnation), asked?.Time)
            : asked;
    }

    /// <summary>Whether frames may belong to it that are not in the newest snapshot.</summary>
    public bool EndsBehind(Snapshot newest) => Position is { } position ? position > newest.Position : Time >= newest.LogClock;

    /// <summary>How far the view must have got for it, where so much is durable. A position behind that is refused when the state is looked for.</summary>
    public LogPosition Within(LogPosition durableEnd) => Position is { } position && position < durableEnd ? position : durableEnd;

    /// <summary>Finds the state.</summary>
    /// <exception cref="CairnException">Invalid: it is ahead. NotFound (not-retained). Unavailable (timeout). Throttled.</exception>
    public ValueTask<Snapshot> FindAsync(Space space, TimeSpan wait, CancellationToken cancellationToken) => Position is { } position
        ? space.AsOfAsync(position, wait, cancellationToken)
        : space.AsOfAsync(Time!.Value, wait, cancellationToken);

    private static AsOf Parse(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position <= LogPosition.Max.Value)
        {
            return new(new LogPosition(position), null);
        }

        return InstantText.TryParse(Encoding.UTF8.GetBytes(text), out var time) ? new(null, time) : throw ProblemException.Parameter(
            Parameter, "must be a log position, such as a version, or an instant such as 2026-01-31T12:00:00Z; the + of an offset is sent as %2B");
    }
}
