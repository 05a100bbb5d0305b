using Cairn.Simulation.Workload;

namespace Cairn.Simulation.Running;

/// <summary>A place for a process, with the clients that whichever process is there serves.</summary>
internal sealed class Slot(IReadOnlyList<Client> clients)
{
    private Task _closing = Task.CompletedTask;
    private Task _clients = Task.CompletedTask;

    /// <summary>Who has the place; null: nobody yet.</summary>
    public SimulatedProcess? Process { get; private set; }

    /// <summary>The process does not serve any more, and nothing of it goes on.</summary>
    public bool IsFree => Process is null || Process.IsDead || (Process.IsClosing && _closing.IsCompleted && _clients.IsCompleted);

    /// <summary>Its clients have nothing left to do.</summary>
    public bool IsDone => clients.All(static client => client.IsDone) && _clients.IsCompleted;

    /// <summary>A process takes the place.</summary>
    public void Start(SimulatedProcess process, Action<Exception> fail)
    {
        Process = process;
        _clients = Task.WhenAll(clients.Where(static client => !client.IsDone).Select(client => WatchAsync(client.RunAsync(process), fail)).ToList());
    }

    /// <summary>The process closes what it has and ends.</summary>
    public void Close(Action<Exception> fail)
    {
        Process!.IsClosing = true;
        _closing = WatchAsync(Process.Catalog.DisposeAsync().AsTask(), fail);
    }

    /// <summary>The process dies.</summary>
    public void Kill(bool? happens)
    {
        Process!.Kill(happens);
        _clients = Task.CompletedTask;
    }

    private static async Task WatchAsync(Task task, Action<Exception> fail)
    {
        try
        {
            await task;
        }
        catch (Exception unexpected)
        {
            fail(unexpected);
        }
    }
}
