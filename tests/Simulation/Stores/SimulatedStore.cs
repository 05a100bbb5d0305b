using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Simulation.Stores;

/// <summary>The storage that all simulated processes share.</summary>
/// <param name="limits">When a log rolls, and whether one process at a time has it.</param>
internal sealed class SimulatedStore(StoreLimits limits)
{
    private readonly SortedDictionary<string, SpaceLife> _spaces = new(StringComparer.Ordinal);
    private readonly List<SpaceLife> _lives = [];

    public StoreLimits Limits => limits;

    /// <summary>Every life of every space that there ever was.</summary>
    public IReadOnlyList<SpaceLife> Lives => _lives;

    public SpaceRecord? Find(SpaceName name) => _spaces.GetValueOrDefault(name.ToString())?.Record;

    public IReadOnlyList<SpaceRecord> List() => [.. _spaces.Values.Select(static life => life.Record)];

    public (SpaceRecord Record, bool Created) Create(SpaceRecord wanted)
    {
        if (Find(wanted.Name) is { } existing)
        {
            return (existing, false);
        }

        var life = new SpaceLife(wanted);
        _spaces.Add(wanted.Name.ToString(), life);
        _lives.Add(life);
        return (wanted, true);
    }

    public bool Delete(SpaceRecord space)
    {
        if (Find(space.Name)?.Incarnation != space.Incarnation)
        {
            return false;
        }

        _spaces.Remove(space.Name.ToString(), out var life);
        life!.Delete();
        return true;
    }

    public SpaceLife LifeOf(SpaceRecord space) => _lives.Find(life => life.Record == space)
        ?? throw new CairnException(ErrorKind.NotFound, "there was never such a space") { Problem = "unknown-space" };
}

/// <summary>What log stores say of themselves.</summary>
/// <param name="MaxAppendsPerFile">Appends at which a log file is full.</param>
/// <param name="MaxFileBytes">Bytes at which it is.</param>
/// <param name="IsSoleWriter">One process at a time, as on a local disk, where a crash may leave half an append; else all at once, as in blob storage.</param>
internal sealed record StoreLimits(int MaxAppendsPerFile, long MaxFileBytes, bool IsSoleWriter);
