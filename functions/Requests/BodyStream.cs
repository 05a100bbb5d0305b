using Cairn.Functions.Problems;
using Cairn.Functions.Streams;

namespace Cairn.Functions.Requests;

/// <summary>A body for whoever copies it: what goes wrong with it is the caller's fault, and not that of the place where it is written. One thread.</summary>
internal sealed class BodyStream(Stream body) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await RequestBody.ReadAsync(body, buffer, cancellationToken);
        }
        catch (BadHttpRequestException failure)
        {
            throw new ProblemException(ProblemMap.Of(failure));
        }
        catch (IOException failure)
        {
            throw ProblemException.Of(ProblemKinds.Invalid, $"the body ended too soon: {failure.Message}");
        }
    }
}
