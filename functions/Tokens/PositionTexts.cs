using System.Globalization;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Tokens;

/// <summary>A position as answers carry it. Reads come in bursts between two commits, so each thread keeps the last one that it made. Immutable.</summary>
internal sealed class PositionTexts
{
    [ThreadStatic]
    private static PositionTexts? _last;

    private readonly Incarnation _incarnation;
    private readonly LogPosition _position;

    private PositionTexts(Space space, LogPosition position)
    {
        (_incarnation, _position) = (space.Record.Incarnation, position);
        Token = CommitToken.Of(space.Record.Name, _incarnation, position);
        Position = position.Value.ToString(CultureInfo.InvariantCulture);
    }

    public string Token { get; }

    public string Position { get; }

    public static PositionTexts Of(Space space, LogPosition position) =>
        _last is { } last && last._position == position && last._incarnation == space.Record.Incarnation ? last : _last = new(space, position);
}
