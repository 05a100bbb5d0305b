namespace Cairn.Simulation.Scheduling;

/// <summary>What happened in a run, in order, as a hash: two runs are the same if their hashes are. Prints it too if asked.</summary>
internal sealed class Trace(TextWriter? output)
{
    private const ulong Prime = 1099511628211;
    private ulong _hash = 14695981039346656037;

    /// <summary>FNV-1a over all lines.</summary>
    public ulong Hash => _hash;

    /// <summary>Lines so far.</summary>
    public long Count { get; private set; }

    public void Add(string line)
    {
        Count++;
        foreach (var c in line)
        {
            _hash = (_hash ^ c) * Prime;
        }

        _hash = (_hash ^ '\n') * Prime;
        output?.WriteLine(line);
    }
}
