using Cairn.Primitives;

namespace Cairn.Functions.Routing;

/// <summary>What a read must have reached before it is answered.</summary>
/// <param name="Position">A position.</param>
/// <param name="Commits">Ids of commits on their way through the hub.</param>
/// <param name="Wait">How long that may take.</param>
internal sealed record Asked(LogPosition Position, IReadOnlyList<byte[]> Commits, TimeSpan Wait)
{
    /// <summary>The same, and a position too.</summary>
    public Asked With(LogPosition position) => position > Position ? this with { Position = position } : this;
}
