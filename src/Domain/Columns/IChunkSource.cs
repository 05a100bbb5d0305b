namespace Cairn.Columns;

/// <summary>Chunks of a checkpoint, each loaded when it is first needed. Any thread.</summary>
/// <typeparam name="T">What a chunk becomes in memory.</typeparam>
internal interface IChunkSource<out T>
    where T : class
{
    /// <summary>One more than the highest number that is stored.</summary>
    int Length { get; }

    /// <summary>A chunk below <see cref="Length"/> that the checkpoint counts, new each time.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: it is missing or damaged. Unavailable: it cannot be read now.</exception>
    T Load(int number);
}
