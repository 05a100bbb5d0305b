namespace Cairn.Query;

/// <summary>
/// Working memory of a path search, pooled: a mark and a queue slot per concept row, so that a search allocates nothing for what it visits.
/// Invariant: a mark belongs to the search under way exactly if it is <see cref="Epoch"/> plus one of the codes below; all others
/// mean unvisited, whatever search or space they are from. One thread at a time.
/// </summary>
internal sealed class PathScratch
{
    /// <summary>Visited from the start; plus the depth, 0 to 32.</summary>
    public const uint Forward = 0x00;

    /// <summary>Visited from the end; plus the distance to it, 0 to 32.</summary>
    public const uint Backward = 0x80;

    /// <summary>Not to be entered: hidden, or on the path already.</summary>
    public const uint Barred = 0xC0;

    /// <summary>Codes are below this.</summary>
    public const uint Codes = 0x100;

    // Searches run on the caller's thread, so more than this many at once are rare, and those allocate.
    private static readonly PathScratch?[] Pool = new PathScratch?[Environment.ProcessorCount];

    private StrongestScratch? _strongest;

    /// <summary>Of its own, out of no pool.</summary>
    internal PathScratch(int rows)
    {
        Marks = new uint[rows];
        Parents = new int[rows];
        Queue = new int[rows];
    }

    /// <summary>By concept row.</summary>
    public uint[] Marks { get; }

    /// <summary>Visited rows in order: those from the start upwards from slot 0, those from the end downwards from the last slot. A row is visited once, so that they never meet.</summary>
    public int[] Queue { get; }

    /// <summary>What only a search for the strongest path needs.</summary>
    public StrongestScratch Strongest => _strongest ??= new(Marks.Length);

    /// <summary>By visited concept row: the row from which it was reached, nearer to its end of the search.</summary>
    public int[] Parents { get; }

    /// <summary>Added to every code; a multiple of <see cref="Codes"/>, never 0.</summary>
    public uint Epoch { get; private set; }

    /// <summary>A scratch for that many rows. Smaller ones that are met are let go: a larger one serves every space.</summary>
    public static PathScratch Rent(int rows)
    {
        for (var slot = 0; slot < Pool.Length; slot++)
        {
            if (Volatile.Read(ref Pool[slot]) is not null
                && Interlocked.Exchange(ref Pool[slot], null) is { } scratch
                && scratch.Marks.Length >= rows)
            {
                return scratch;
            }
        }

        return new(Math.Max(1024, rows + (rows / 4)));
    }

    /// <summary>Gives a scratch back. What one search that went astray needed for its labels is not kept.</summary>
    public static void Return(PathScratch scratch)
    {
        if (scratch._strongest is { IsLarge: true })
        {
            scratch._strongest = null;
        }

        for (var slot = 0; slot < Pool.Length; slot++)
        {
            if (Interlocked.CompareExchange(ref Pool[slot], scratch, null) is null)
            {
                return;
            }
        }
    }

    /// <summary>Forgets all marks in O(1).</summary>
    public void Begin()
    {
        Epoch = unchecked(Epoch + Codes);
        if (Epoch == 0)
        {
            Array.Clear(Marks);
            Epoch = Codes;
        }
    }
}
