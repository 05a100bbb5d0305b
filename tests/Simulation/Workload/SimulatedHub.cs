using System.Globalization;
using System.Text;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Simulation.Running;

namespace Cairn.Simulation.Workload;

/// <summary>
/// A hub with events for the space, and the host that hands them out: batches of a partition from its checkpoint on, again where one failed, and now and then twice at the
/// same time. Both outlive the processes. The hub may be made anew, with another number of partitions, when all of it was handed out.
/// </summary>
internal sealed class SimulatedHub(Ledger ledger, Random random)
{
    private const int MaxBatch = 8;

    private HubPartition[] _partitions = [new(), new()];
    private uint _life = 1;

    /// <summary>An event of a partition.</summary>
    /// <param name="Id">The id of its commit.</param>
    /// <param name="GivenByCaller">The producer chose it, and may have published it twice; else it is named after its place.</param>
    /// <param name="Commit">As each delivery appends it.</param>
    private sealed record HubEvent(string Id, bool GivenByCaller, EncodedCommit Commit);

    private sealed class HubPartition
    {
        public List<HubEvent> Events { get; } = [];

        public int Checkpoint { get; set; }

        public bool IsDone => Checkpoint == Events.Count;
    }

    private bool IsDone => _partitions.All(static partition => partition.IsDone);

    /// <summary>A producer publishes, and does so again where it did not hear the answer.</summary>
    public void Publish(SimulatedProcess process, Space space)
    {
        var (given, at) = (random.Next(2) == 0, random.Next(_partitions.Length));
        var body = random.Next();
        for (var copies = given && random.Next(4) == 0 ? 2 : 1; copies > 0; copies--)
        {
            var partition = _partitions[at];
            var id = given ? $"given-event-{body.ToString(CultureInfo.InvariantCulture)}" : $"made-event-{_life}-{at}-{partition.Events.Count}";
            partition.Events.Add(new(id, given, Encode(process, space, id, given, body, new(new(_life), (uint)at, partition.Events.Count))));
            ledger.Of(space).Events.Add(id);
        }
    }

    /// <summary>The host hands out a batch, and moves its checkpoint behind it once all of it is decided.</summary>
    public async Task DeliverAsync(SimulatedProcess process, Space space)
    {
        if (IsDone && random.Next(8) == 0)
        {
            _life++;
            _partitions = [.. Enumerable.Range(0, random.Next(1, 4)).Select(static _ => new HubPartition())];
        }

        await DeliverAsync(process, space, _partitions[random.Next(_partitions.Length)], random.Next(1, MaxBatch + 1));
    }

    /// <summary>Hands out what is left.</summary>
    public async Task DeliverAllAsync(SimulatedProcess process, Space space)
    {
        while (_partitions.FirstOrDefault(static partition => !partition.IsDone) is { } partition)
        {
            var from = partition.Checkpoint;
            await DeliverAsync(process, space, partition, MaxBatch);
            if (partition.Checkpoint == from)
            {
                // A window that is full of ids moves with what is appended, and with time.
                await Task.Delay(TimeSpan.FromMinutes(1), process.Time);
                await space.ConfigureAsync(static settings => settings, CancellationToken.None);
            }
        }
    }

    private async Task DeliverAsync(SimulatedProcess process, Space space, HubPartition partition, int count)
    {
        var from = partition.Checkpoint;
        var batch = partition.Events.Skip(from).Take(count).ToList();
        var chain = new WriteChain();
        var deliveries = new List<Task<bool>>();
        foreach (var each in batch)
        {
            deliveries.Add(TryAppendAsync(process, space, each, chain));
            if (random.Next(3) == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(0, 3_000)), process.Time);
            }
        }

        var all = await Task.WhenAll(deliveries);
        process.Note($"hub {from} + {batch.Count}: {all.Count(static taken => taken)} taken");
        if (Array.TrueForAll(all, static taken => taken))
        {
            // Of two that had the same batch the slower one may set it back.
            partition.Checkpoint = from + batch.Count;
        }
    }

    // False: it must come again.
    private async Task<bool> TryAppendAsync(SimulatedProcess process, Space space, HubEvent happened, WriteChain chain)
    {
        var attempt = new Attempt(happened.Id, happened.GivenByCaller, happened.Commit);
        ledger.Of(space).Attempts.Add(attempt);
        try
        {
            process.Note($"event {happened.Id}");
            attempt.Decide(await space.CommitAsync(happened.Commit, chain, CancellationToken.None));
            process.Note($"event {attempt}");
            return true;
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Unknown)
        {
            return false;
        }
        catch (CairnException failure) when (ProcessObserver.IsExplained(failure) || Client.IsAhead(attempt, space, failure))
        {
            attempt.Refuse(spaceIsGone: failure.Kind == ErrorKind.NotFound);

            // What was not taken for want of room is not tried in its place: what follows must wait for it.
            chain.Break();
            return false;
        }
    }

    // Counts how often it is carried out.
    private static EncodedCommit Encode(SimulatedProcess process, Space space, string id, bool given, int body, Origin origin)
    {
        var writer = new CommitWriter(space.Record.Incarnation) { Origin = origin };
        writer.Begin(Encoding.ASCII.GetBytes(id), given, Timestamp.From(process.Time.GetUtcNow() - process.Time.Off)); // by the hub's clock, which is right
        writer.BeginPut(Encoding.ASCII.GetBytes($"event-{body % 20}"), OnExists.Merge);
        writer.EndOperation();
        writer.Reinforce(Encoding.ASCII.GetBytes($"event-{body % 20}"), 0.1f, OnMissing.Skip);
        return writer.Finish();
    }
}
