using System.Collections.Concurrent;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// How far this process had come with spaces that it closed, so that nothing older is answered of them before they are open again. Thread-safe.
/// Invariant: at most <see cref="MaxSpaces"/>; past that it is as if all others had come to the end of all logs, until the process ends.
/// </summary>
internal sealed class LeftPositions
{
    /// <summary>Spaces that are remembered, of some 60 bytes each.</summary>
    public const int MaxSpaces = 100_000;

    private readonly ConcurrentDictionary<Incarnation, LogPosition> _positions = new();
    private volatile bool _isFull;

    /// <summary>The space is closed.</summary>
    public void Leave(Space space)
    {
        if (_positions.Count >= MaxSpaces)
        {
            _isFull = true;
            return;
        }

        _positions[space.Record.Incarnation] = space.DurableEnd > space.Current.Position ? space.DurableEnd : space.Current.Position;
    }

    /// <summary>The space is open again.</summary>
    public void Return(Incarnation life) => _positions.TryRemove(life, out _);

    /// <summary>What an answer about the space must have reached.</summary>
    public LogPosition Of(Incarnation life) => _positions.TryGetValue(life, out var position) ? position : _isFull ? LogPosition.Max : LogPosition.Zero;
}
