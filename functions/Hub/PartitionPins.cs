using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hub;

/// <summary>
/// Which partition of the hub takes a space's events: chosen by its name when the first goes out, and the same from then on, also when the hub has more partitions
/// one day. Events of a space are in order because they are in one partition. Any thread, any number of processes.
/// </summary>
/// <remarks>Invariants: a pin is never changed; another hub has pins of its own; at most <see cref="MaxRemembered"/> are kept in memory.</remarks>
internal sealed class PartitionPins
{
    private const int Version = 1;
    private const int MaxRemembered = 10_000;

    private readonly ITableStore _tables;
    private readonly int _count;
    private readonly string _partition;
    private readonly ConcurrentDictionary<SpaceName, int> _pins = [];

    /// <param name="tables">Where they stand.</param>
    /// <param name="hub">The hub's address.</param>
    /// <param name="count">Partitions that it has.</param>
    public PartitionPins(ITableStore tables, Uri hub, int count)
    {
        (_tables, _count) = (tables, count);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(hub.AbsoluteUri.ToLowerInvariant()));
        _partition = $"hub-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}";
    }

    /// <exception cref="CairnException">Unavailable, Throttled: the tables; or the hub has fewer partitions than it had.</exception>
    public async ValueTask<int> FindAsync(SpaceName space, CancellationToken cancellationToken)
    {
        if (_pins.TryGetValue(space, out var known))
        {
            return known;
        }

        var pin = await PinAsync(space, cancellationToken);
        if (pin >= _count)
        {
            throw Unavailable($"events of the space {space} go to partition {pin} of the hub, which has {_count} partitions, by its settings");
        }

        if (_pins.Count >= MaxRemembered)
        {
            _pins.Clear();
        }

        _pins[space] = pin;
        return pin;
    }

    private async ValueTask<int> PinAsync(SpaceName space, CancellationToken cancellationToken)
    {
        var key = new RecordKey(_partition, space.ToString());
        if (await _tables.FindAsync(key, cancellationToken) is { } there)
        {
            return Decode(space, there.Bytes);
        }

        var wanted = (int)(Crc32C.Compute(Encoding.ASCII.GetBytes(space.ToString())) % (uint)_count);
        if (await _tables.PutAsync(key, Encode(wanted), expected: null, cancellationToken) is not null)
        {
            return wanted;
        }

        return await _tables.FindAsync(key, cancellationToken) is { } others
            ? Decode(space, others.Bytes)
            : throw Unavailable($"the partition of the space {space} is being chosen by others; try again");
    }

    private static CairnException Unavailable(string message) => new(ErrorKind.Unavailable, message) { Problem = "unavailable" };

    // With the count that it was chosen among, for people.
    private byte[] Encode(int pin) => Encoding.UTF8.GetBytes($$"""{"version":{{Version}},"partition":{{pin}},"partitions":{{_count}}}""");

    private static int Decode(SpaceName space, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var pin = document.RootElement.GetProperty("partition").GetInt32();
            return document.RootElement.GetProperty("version").GetInt32() == Version && pin >= 0 ? pin : throw new FormatException("an unknown version");
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CairnException(ErrorKind.Corrupt, $"the partition of the space {space} makes no sense: {failure.Message}", failure);
        }
    }
}
