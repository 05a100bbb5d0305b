namespace Cairn.Columns;

/// <summary>Chunks of a checkpoint that nothing is added to: a spine without a writer.</summary>
internal static class LazyChunks
{
    /// <summary>All empty at first.</summary>
    public static Spine<T> Of<T>(IChunkSource<T> stored)
        where T : class => new SpineWriter<T>(stored).Publish();

    /// <summary>How many are loaded.</summary>
    public static long CountLoaded<T>(Spine<T> spine)
        where T : class
    {
        var count = 0L;
        foreach (var chunk in spine.Chunks)
        {
            foreach (var item in chunk)
            {
                count += item is null ? 0 : 1;
            }
        }

        return count;
    }
}
