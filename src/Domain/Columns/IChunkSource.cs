namespace Cairn.Columns;

/// <summary>Chunks of a checkpoint, each loaded when it is first needed. Any thread.</summary>
/// <typeparam name="T">What a chunk becomes in memory.</typeparam>
internal interface IChunkSource<out T>
    where T : class
{
    /// <summary>One more than the highest number that is stored.</summary>
    int Length { get; }

    /// <summary>A chunk below <see cref="Length"/>, new each time; null: it is not stored.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: its bytes are damaged. Unavailable: they cannot be read now.</exception>
    T? Load(int number);
}
