# What tools/shell prepares, for people with Docker:
#   docker build -t gst-sam2 .
#   docker run --rm -it -v "$PWD:/gst-sam2" gst-sam2 tests/run.sh
FROM debian:trixie

COPY tools/packages.txt /tmp/packages.txt
RUN apt-get update \
 && sed -e 's/#.*//' /tmp/packages.txt \
  | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/* /tmp/packages.txt

# Package lists come and go with tools/fetch-clip; compiled objects and the
# clip may be kept by a volume at /cache.
ENV LANG=C.UTF-8 \
    OMP_WAIT_POLICY=passive \
    UCX_LOG_LEVEL=fatal \
    XDG_CACHE_HOME=/cache \
    GST_PLUGIN_PATH=/gst-sam2/build/gst \
    PATH=/usr/lib/ccache:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /gst-sam2
CMD ["bash"]
