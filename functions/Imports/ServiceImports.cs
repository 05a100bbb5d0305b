using Cairn.Functions.Hosting;
using Cairn.Functions.Problems;
using Cairn.Functions.Triggers;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Imports;

/// <summary>The imports of one process, and who is told that one has come: its own inbox, or behind the Functions host a message, since there nothing runs beside requests. Any thread.</summary>
internal sealed partial class ServiceImports : IAsyncDisposable
{
    private readonly IMessageQueue? _queue;
    private readonly ImportInbox? _inbox;
    private readonly ILogger _logger;

    /// <param name="importer">Does it.</param>
    /// <param name="service">Whose imports they are.</param>
    /// <param name="queue">Of the function import; null: there is no host, and an inbox looks.</param>
    public ServiceImports(Importer importer, Service service, IMessageQueue? queue) =>
        (Importer, _logger, _queue, _inbox) = (importer, service.Logger, queue, queue is null ? new(importer, service) : null);

    public Importer Importer { get; }

    /// <summary>A file is there to be imported.</summary>
    public async Task StartAsync(ImportFile file)
    {
        _inbox?.Start(file);
        if (_queue is not null)
        {
            try
            {
                await _queue.SendAsync(ImportQueue.Write(file.Space, file.Name), TimeSpan.Zero, CancellationToken.None);
            }
            catch (CairnException failure)
            {
                LogNotSent(_logger, file.Space, failure.Message);
            }
        }
    }

    /// <summary>Goes on with all that waits, one after another: behind the Functions host an hourly timer does so, for messages that were lost.</summary>
    public async Task SweepAsync(CancellationToken stop)
    {
        foreach (var file in await Importer.Files.ListAsync(stop))
        {
            try
            {
                await Importer.RunAsync(file.Space, file.Name, stop);
            }
            catch (Exception failure) when (failure is CairnException or ProblemException)
            {
                LogLeft(_logger, file.Space, file.Name, failure.Message);
            }
        }
    }

    public ValueTask DisposeAsync() => _inbox?.DisposeAsync() ?? ValueTask.CompletedTask;

    [LoggerMessage(65, LogLevel.Warning, "space {Space}: the file '{File}' could not be imported; the next sweep tries again: {Reason}")]
    private static partial void LogLeft(ILogger logger, SpaceName space, string file, string reason);

    [LoggerMessage(63, LogLevel.Warning, "space {Space}: an import could not be asked for; the hourly sweep finds it: {Reason}")]
    private static partial void LogNotSent(ILogger logger, SpaceName space, string reason);
}
