using Cairn.Model;
using Cairn.Primitives;
using Cairn.Simulation.Scheduling;
using Cairn.Storage;

namespace Cairn.Simulation.Stores;

/// <summary>The store as one simulated process reaches it: each call waits for the scheduler.</summary>
internal sealed class GatedSpaceStore(SimulatedStore store, SimulatedProcess process) : ISpaceStore
{
    public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken) =>
        process.CallAsync(CallKind.Read, "space.find", () => store.Find(name));

    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) =>
        process.CallAsync(CallKind.Read, "space.list", store.List);

    public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken) =>
        process.CallAsync(CallKind.Repeatable, "space.create", () => store.Create(wanted));

    public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken) =>
        process.CallAsync(CallKind.Repeatable, "space.delete", () => store.Delete(space));

    public ILogStore OpenLog(SpaceRecord space) => new GatedLogStore(store.LifeOf(space), store.Limits, process);

    public IBlobStore OpenBlobs(SpaceRecord space) => new GatedBlobStore(store.LifeOf(space), process);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
