# One process that keeps its data in the volume /data, or in a storage account if one is set:
#   docker build -t cairn . && docker run -p 7411:7411 -v cairn:/data -e CAIRN_API_KEY=… cairn
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH=amd64
WORKDIR /src
COPY . .
RUN dotnet publish functions -c Release -r "linux-$(echo "$TARGETARCH" | sed s/amd64/x64/)" --self-contained false -o /app \
 && rm -f /app/*.pdb /app/*.xml \
 && mkdir /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /app /app
COPY --from=build --chown=$APP_UID:$APP_UID /data /data
USER $APP_UID
WORKDIR /data
ENV CAIRN_DATA=/data CAIRN_URLS=http://0.0.0.0:7411
VOLUME /data
EXPOSE 7411
# The image has no curl; bash asks by itself. Degraded still answers 200: a container is not to be restarted because storage is away.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7411 && printf 'GET /health/live HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200'* ]]"]
ENTRYPOINT ["/app/Cairn.Functions"]
