namespace Cairn.Reconciliation.Compaction;

/// <summary>Which keys of a table are in use, and what number each gets: keys keep their order. First all are noted, then they are numbered. One thread.</summary>
/// <param name="count">Keys of the table.</param>
internal sealed class KeptKeys(int count)
{
    private const int InUse = 1;
    private readonly int[] _numbers = new int[count];

    /// <summary>Keys in use; known when they are numbered.</summary>
    public int Count { get; private set; }

    /// <summary>Notes that a key is in use.</summary>
    public void Note(int key) => _numbers[key] = InUse;

    /// <summary>Whether a key is in use. Before they are numbered.</summary>
    public bool IsNoted(int key) => _numbers[key] == InUse;

    /// <summary>The new number of a key; −1: it is not in use. After they are numbered.</summary>
    public int this[int key] => _numbers[key];

    /// <summary>Gives those in use their numbers. Once.</summary>
    public KeptKeys Number()
    {
        for (var key = 0; key < _numbers.Length; key++)
        {
            _numbers[key] = _numbers[key] == InUse ? Count++ : -1;
        }

        return this;
    }
}
