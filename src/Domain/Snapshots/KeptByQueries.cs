namespace Cairn.Snapshots;

/// <summary>
/// What queries compute of a life of a space and keep for later ones. It can be left out or dropped at any time without changing an answer. Thread-safe.
/// </summary>
internal abstract class KeptByQueries
{
    /// <summary>Bytes of memory, about.</summary>
    public abstract long Bytes { get; }
}
